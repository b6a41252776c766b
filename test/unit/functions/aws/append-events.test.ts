import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JobEvent, NewEvent } from '#core/job/milestone';
import type { LogTail } from '#core/ports/event-log';
import { appendEvents, type LogStorage } from '#functions/aws/append-events';
import { aNewEvent } from '#test/support/builders';

/**
 * Sources send what is not acknowledged yet, several times at once and again after a crash, as runners and redelivered
 * invocations do. The scheduler chooses the order of all reads and writes; `crashes` says what becomes of each.
 */
interface History {
  /** Events per source. */
  sources: number[];
  /** Senders of each source at the same time. */
  senders: number;
  /** Events per call. */
  batch: number;
  /** Of each I/O in turn; after the last one all is well. */
  crashes: Array<'none' | 'before' | 'after'>;
}

const histories: fc.Arbitrary<History> = fc.record({
  sources: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
  senders: fc.integer({ min: 1, max: 2 }),
  batch: fc.integer({ min: 1, max: 4 }),
  crashes: fc.array(fc.constantFrom('none', 'none', 'before', 'after'), { maxLength: 60 }),
});

type Mutant = 'none' | 'put without a condition' | 'no cursor' | 'acknowledged before the put';

/** Runs a history and returns the log, and what each source was told is in it. */
async function play(history: History, scheduler: fc.Scheduler, mutant: Mutant = 'none') {
  const log: Array<JobEvent & { cursor: LogTail['cursor'] }> = [];
  const crashes = [...history.crashes];
  const acknowledged = history.sources.map(() => 0);

  async function io<T>(label: string, act: () => T): Promise<T> {
    const crash = crashes.shift() ?? 'none';
    await scheduler.schedule(Promise.resolve(), label);
    if (crash === 'before') throw new Error('crash');
    const answer = act();
    if (crash === 'after') throw new Error('crash');
    return answer;
  }

  const storage: LogStorage = {
    tail: () =>
      io('tail', () => ({
        seq: log.length,
        cursor: mutant === 'no cursor' ? {} : (log.at(-1)?.cursor ?? {}),
      })),
    putIfAbsent: (entry, cursor) =>
      io('put', () => {
        if (log[entry.seq - 1] && mutant !== 'put without a condition') return false;
        log[entry.seq - 1] = { ...entry, cursor };
        return true;
      }),
  };

  async function send(source: number): Promise<void> {
    const total = history.sources[source] ?? 0;
    while ((acknowledged[source] ?? 0) < total) {
      const from = (acknowledged[source] ?? 0) + 1;
      const to = Math.min(total, from + history.batch - 1);
      const events: NewEvent[] = Array.from({ length: to - from + 1 }, (_, index) =>
        aNewEvent({ src: `s${source}`, src_seq: from + index }),
      );
      if (mutant === 'acknowledged before the put') acknowledged[source] = to;
      const done = await appendEvents(storage, events, async () => {}).then(
        () => true,
        () => false,
      );
      if (done) acknowledged[source] = Math.max(acknowledged[source] ?? 0, to);
    }
  }

  const senders = history.sources.flatMap((_, source) => Array.from({ length: history.senders }, () => send(source)));
  await scheduler.waitFor(Promise.all(senders));
  return { log, acknowledged };
}

function violations(history: History, log: JobEvent[], acknowledged: number[]): string[] {
  const found: string[] = [];
  if (log.some((event, index) => event?.seq !== index + 1)) found.push('the seq has a gap');
  for (const [source] of history.sources.entries()) {
    const seqs = log.filter(({ src }) => src === `s${source}`).map(({ src_seq }) => src_seq);
    const expected = Array.from({ length: acknowledged[source] ?? 0 }, (_, index) => index + 1);
    if (JSON.stringify(seqs) !== JSON.stringify(expected)) found.push(`s${source} is ${seqs}, not ${expected}`);
  }
  return found;
}

const property = (mutant: Mutant) =>
  fc.asyncProperty(histories, fc.scheduler(), async (history, scheduler) => {
    const { log, acknowledged } = await play(history, scheduler, mutant);
    expect(violations(history, log, acknowledged)).toEqual([]);
  });

describe('appending to the log', () => {
  it('is gapless and takes each event exactly once, in any order of reads, writes, repeats and crashes', async () => {
    await fc.assert(property('none'), { numRuns: 1_000 });
  });

  // What the property above is worth: it finds each way of getting it wrong.
  it.each(['put without a condition', 'no cursor', 'acknowledged before the put'] as const)(
    'would not survive: %s',
    async (mutant) => {
      const { failed } = await fc.check(property(mutant), { numRuns: 500, endOnFailure: true });

      expect(failed).toBe(true);
    },
  );

  it('reads nothing when nothing is offered', async () => {
    const untouched = () => Promise.reject(new Error('nothing to read'));

    expect(await appendEvents({ tail: untouched, putIfAbsent: untouched }, [], untouched)).toEqual([]);
  });

  it('ends when the caller gives up after a conflict', async () => {
    const full: LogStorage = { tail: async () => ({ seq: 0, cursor: {} }), putIfAbsent: async () => false };
    const giveUp = async (conflicts: number) => {
      if (conflicts === 3) throw new Error('contended');
    };

    await expect(appendEvents(full, [aNewEvent()], giveUp)).rejects.toThrow('contended');
  });
});
