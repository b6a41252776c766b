import { PatchbayError } from '#core/errors';
import { JobEvent } from '#core/job/milestone';
import type { Clock } from '#core/ports/clock';
import type { EventLog, LogTail } from '#core/ports/event-log';
import { appendEvents } from './append-events.ts';
import { pause } from './conflicts.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';
import { eventKey, jobKey, prefixes } from './keys.ts';

/** Retention of the log: days of a calendar, not a rung of the time ladder, hence not scaled. */
const keptSeconds = 90 * 24 * 3_600;
/** Every writer of a job at once loses at most a few rounds per event; beyond this something is wrong. */
const conflictsAtMost = 60;

/** Events `E#<seq>` beside the job's row; `cur` on each holds the highest src_seq of every source up to it. */
export function dynamoEventLog({ table, clock }: { table: DynamoTable; clock: Clock }): EventLog {
  async function tail(tenant: string, jobId: string): Promise<LogTail> {
    const [newest] = await table.query({
      condition: (e) =>
        `${e.name('pk')} = ${e.value(jobKey(tenant, jobId).pk)} AND begins_with(${e.name('sk')}, ${e.value(prefixes.event)})`,
      newestFirst: true,
      limit: 1,
    });
    return newest ? { seq: Number(newest.seq), cursor: newest.cur as LogTail['cursor'] } : { seq: 0, cursor: {} };
  }

  return {
    tail,
    append: (tenant, jobId, events) =>
      appendEvents(
        {
          tail: () => tail(tenant, jobId),
          putIfAbsent: (entry, cur) =>
            table.putIf({
              ...eventKey(tenant, jobId, entry.seq),
              ...entry,
              cur,
              ttl: Math.floor(clock.now() / 1_000) + keptSeconds,
            }),
        },
        events,
        async (conflicts) => {
          if (conflicts > conflictsAtMost) throw new PatchbayError('unavailable', `the log of ${jobId} is contended`);
          await pause(conflicts % 3);
        },
      ),
    async read(tenant, jobId, after, limit) {
      const [first, last] = [eventKey(tenant, jobId, after + 1), eventKey(tenant, jobId, 99_999_999)];
      const items = await table.query({
        condition: (e) =>
          `${e.name('pk')} = ${e.value(first.pk)} AND ${e.name('sk')} BETWEEN ${e.value(first.sk)} AND ${e.value(last.sk)}`,
        limit,
      });
      return items.map(readEvent);
    },
  };
}

const readEvent = (item: Item): JobEvent => JobEvent.parse(item);
