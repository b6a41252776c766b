import type { Issue } from '#core/job/session';
import type { World } from '#core/ports/world';
import { type Caller, ownIssue, ownSession } from './ownership.ts';

/** As many as a session's page shows. */
const most = 100;

export async function showIssues(
  world: Pick<World, 'sessions'>,
  input: { caller: Caller; session_id: string },
): Promise<Issue[]> {
  const session = await ownSession(world, input.caller, input.session_id);
  return await world.sessions.issues(session.tenant, session.id, most);
}

/** @throws PatchbayError not_found */
export async function showIssue(
  world: Pick<World, 'sessions'>,
  input: { caller: Caller; session_id: string; issue_id: string },
): Promise<Issue> {
  return await ownIssue(world, input.caller, input.session_id, input.issue_id);
}
