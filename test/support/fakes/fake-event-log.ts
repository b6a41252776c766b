import type { JobEvent } from '#core/job/milestone';
import type { EventLog } from '#core/ports/event-log';
import { clone } from './clone.ts';

export interface FakeEventLog extends EventLog {
  /** All events of a job, in order. */
  of(tenant: string, jobId: string): JobEvent[];
}

export function fakeEventLog(): FakeEventLog {
  const logs = new Map<string, JobEvent[]>();
  const of = (tenant: string, jobId: string) => {
    const key = JSON.stringify([tenant, jobId]);
    const events = logs.get(key) ?? [];
    logs.set(key, events);
    return events;
  };
  const cursorOf = (events: JobEvent[]) => {
    const cursor: Record<string, number> = {};
    for (const { src, src_seq } of events) cursor[src] = Math.max(cursor[src] ?? 0, src_seq);
    return cursor;
  };

  return {
    of: (tenant, jobId) => clone(of(tenant, jobId)),
    tail: async (tenant, jobId) => ({ seq: of(tenant, jobId).length, cursor: cursorOf(of(tenant, jobId)) }),
    async append(tenant, jobId, offered) {
      const log = of(tenant, jobId);
      const added: JobEvent[] = [];
      for (const event of clone(offered)) {
        if (event.src_seq <= (cursorOf(log)[event.src] ?? 0)) continue;
        const entry = { seq: log.length + 1, ...event };
        log.push(entry);
        added.push(clone(entry));
      }
      return added;
    },
    read: async (tenant, jobId, after, limit) => clone(of(tenant, jobId).slice(after, after + limit)),
  };
}
