import type { Clock } from '#core/ports/clock';
import type { Ticket, Tickets } from '#core/ports/live';
import { clone } from './clone.ts';

export function fakeTickets(clock: Clock): Tickets {
  const stored = new Map<string, Ticket>();
  return {
    async put(ticket) {
      stored.set(ticket.sha256, clone(ticket));
    },
    async consume(sha256) {
      const ticket = stored.get(sha256);
      stored.delete(sha256);
      return ticket && ticket.expires_at > clock.at() ? ticket : undefined;
    },
  };
}
