import type { Session } from '#core/job/session';
import type { Page } from '#core/ports/session-store';
import type { World } from '#core/ports/world';
import type { Caller } from './ownership.ts';

/** The caller's, newest first. */
export async function listSessions(
  world: Pick<World, 'sessions'>,
  input: { caller: Caller; limit: number; cursor?: string | undefined },
): Promise<Page<Session>> {
  return await world.sessions.list(input.caller.tenant, input.caller.user, input.limit, input.cursor);
}
