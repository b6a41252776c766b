import type { Clock } from '#core/ports/clock';
import type { Ticket, Tickets } from '#core/ports/live';
import type { DynamoTable } from './dynamo-table.ts';
import { ticketKey } from './keys.ts';
import { ownRow } from './own-row.ts';
import { secondsOf } from './ttl.ts';

export function dynamoTickets({ table, clock }: { table: DynamoTable; clock: Clock }): Tickets {
  return {
    put: (ticket) => table.put({ ...ticketKey(ticket.sha256), ...ticket, ttl: secondsOf(ticket.expires_at) }),
    async consume(sha256) {
      // The delete that returns the row is the one that consumed it.
      const item = await table.take(ticketKey(sha256));
      if (!item) return undefined;
      const ticket = ownRow<Ticket>(item);
      return ticket.expires_at > clock.at() ? ticket : undefined;
    },
  };
}
