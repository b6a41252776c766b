import { derivedId } from '#core/ids';
import type { Session } from '#core/job/session';
import type { World } from '#core/ports/world';
import { type Caller, ownSession } from './ownership.ts';

/** Opens a session. Under the same idempotency key it is the same one, with its first title. */
export async function openSession(
  world: Pick<World, 'sessions' | 'clock'>,
  input: { caller: Caller; title: string; key?: string | undefined },
): Promise<Session> {
  const { tenant, user } = input.caller;
  const { clock } = world;
  const id = input.key === undefined ? clock.randomId('s') : await derivedId('s', tenant, user, input.key);
  await world.sessions.create({ id, tenant, user, title: input.title, created_at: clock.at() });
  return await ownSession(world, input.caller, id);
}
