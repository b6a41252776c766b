import { derivedId } from '#core/ids';
import type { Session } from '#core/job/session';
import type { World } from '#core/ports/world';
import { type Caller, ownSession } from './ownership.ts';
import { sameUnderKey } from './same-under-key.ts';

/** Opens a session; under the same idempotency key it is the same one. @throws PatchbayError conflict for another title */
export async function openSession(
  world: Pick<World, 'sessions' | 'clock'>,
  input: { caller: Caller; title: string; key?: string | undefined },
): Promise<Session> {
  const { tenant, user } = input.caller;
  const { clock } = world;
  const id = input.key === undefined ? clock.randomId('s') : await derivedId('s', tenant, user, input.key);
  await world.sessions.create({ id, tenant, user, title: input.title, created_at: clock.at() });
  const session = await ownSession(world, input.caller, id);
  return input.key === undefined ? session : sameUnderKey(session, { title: input.title }, `session ${id}`);
}
