import type { Clock } from '#core/ports/clock';
import type { Ticket, Tickets } from '#core/ports/live';
import type { DynamoTable } from './dynamo-table.ts';
import { ticketKey } from './keys.ts';
import { secondsOf } from './ttl.ts';

export function dynamoTickets({ table, clock }: { table: DynamoTable; clock: Clock }): Tickets {
  return {
    put: (ticket) => table.put({ ...ticketKey(ticket.sha256), ...ticket, ttl: secondsOf(ticket.expires_at) }),
    async consume(sha256) {
      // The delete that returns the row is the one that consumed it.
      const item = await table.take(ticketKey(sha256));
      if (!item) return undefined;
      // No other code writes this row than the one beside this: its shape is not checked again.
      const { pk: _pk, sk: _sk, ttl: _ttl, ...ticket } = item as unknown as Ticket & Record<string, unknown>;
      return ticket.expires_at > clock.at() ? ticket : undefined;
    },
  };
}
