import { sha256Hex } from '#core/ids';
import type { World } from '#core/ports/world';

/** What a ticket stands for. */
export interface Granted {
  tenant: string;
  user: string;
  session_id: string;
  /** ISO 8601: the socket's right ends then. */
  auth_exp: string;
}

/** Takes a ticket, once. Undefined when it is unknown, used or expired, or its right has ended. */
export async function acceptConnection(
  world: Pick<World, 'tickets' | 'clock'>,
  ticket: string,
): Promise<Granted | undefined> {
  const found = await world.tickets.consume(await sha256Hex(ticket));
  if (found === undefined || Date.parse(found.auth_exp) <= world.clock.now()) return undefined;
  const { tenant, user, session_id, auth_exp } = found;
  return { tenant, user, session_id, auth_exp };
}
