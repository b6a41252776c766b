import type { JobEvent, NewEvent } from '#core/job/milestone';
import type { LogTail } from '#core/ports/event-log';

/** The two operations that a log needs: nothing here knows where it is kept. */
export interface LogStorage {
  /** Strongly consistent. */
  tail(): Promise<LogTail>;
  /** Writes the entry with the cursor that holds after it. False: there is one with this seq. */
  putIfAbsent(entry: JobEvent, cursor: LogTail['cursor']): Promise<boolean>;
}

/**
 * Appends what is not in the log: read the tail; skip what its cursor covers; put at tail + 1 unless something stands
 * there, in which case read the tail again. One entry at a time, because a gap could never be closed. Everything that
 * is offered is in the log when it returns, whoever put it there; the result is what this call has put.
 *
 * `lost` is called after each conflict with their number so far: it waits, or throws to give up.
 */
export async function appendEvents(
  storage: LogStorage,
  offered: readonly NewEvent[],
  lost: (conflicts: number) => Promise<void>,
): Promise<JobEvent[]> {
  const added: JobEvent[] = [];
  if (offered.length === 0) return added;
  let tail = await storage.tail();
  let conflicts = 0;
  for (const event of offered) {
    while (event.src_seq > (tail.cursor[event.src] ?? 0)) {
      const entry = { seq: tail.seq + 1, ...event };
      const cursor = { ...tail.cursor, [event.src]: event.src_seq };
      if (await storage.putIfAbsent(entry, cursor)) {
        added.push(entry);
        tail = { seq: entry.seq, cursor };
      } else {
        conflicts += 1;
        await lost(conflicts);
        tail = await storage.tail();
      }
    }
  }
  return added;
}
