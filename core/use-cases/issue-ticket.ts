import { sha256Hex } from '#core/ids';
import type { World } from '#core/ports/world';
import { ticketSeconds } from '#core/workflow/limits';
import { type Caller, ownSession } from './ownership.ts';

/** A one-time ticket for the socket of a session; the socket's right ends with the token that asked for it. */
export async function issueTicket(
  world: Pick<World, 'sessions' | 'tickets' | 'clock'>,
  input: { caller: Caller & { auth_exp: string }; session_id: string },
): Promise<{ ticket: string; expires_at: string }> {
  const session = await ownSession(world, input.caller, input.session_id);
  const { tenant, user, auth_exp } = input.caller;
  const ticket = world.clock.randomToken();
  // Not scaled: it is the way of a browser to the socket, which no test makes faster.
  const expires_at = new Date(world.clock.now() + ticketSeconds * 1_000).toISOString();
  await world.tickets.put({
    sha256: await sha256Hex(ticket),
    tenant,
    user,
    session_id: session.id,
    auth_exp,
    expires_at,
  });
  return { ticket, expires_at };
}
