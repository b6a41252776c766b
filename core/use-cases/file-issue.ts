import type * as z from 'zod';
import type { CreateIssue } from '#core/api/views';
import { derivedId } from '#core/ids';
import type { Issue } from '#core/job/session';
import type { World } from '#core/ports/world';
import { type Caller, issueOf, ownSession } from './ownership.ts';
import { sameUnderKey } from './same-under-key.ts';

/**
 * Files an issue in a session; under the same idempotency key it is the same one.
 *
 * @throws PatchbayError not_found, conflict for another issue under the key
 */
export async function fileIssue(
  world: Pick<World, 'sessions' | 'clock'>,
  input: { caller: Caller; session_id: string; issue: z.output<typeof CreateIssue>; key?: string | undefined },
): Promise<Issue> {
  const session = await ownSession(world, input.caller, input.session_id);
  const { clock } = world;
  const id =
    input.key === undefined ? clock.randomId('i') : await derivedId('i', session.tenant, session.id, input.key);
  const given = { id, tenant: session.tenant, session_id: session.id, created_at: clock.at() };
  await world.sessions.addIssue({ ...input.issue, ...given });
  const { title, body, number, url, repository } = input.issue;
  const issue = await issueOf(world, session, id);
  if (input.key === undefined) return issue;
  return sameUnderKey(issue, { title, body, number, url, repository }, `issue ${id}`);
}
