import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LostRace, PatchbayError } from '#core/errors';
import {
  attemptStatuses,
  attemptTransitions,
  hasAttemptEnded,
  hasJobEnded,
  type JobStatus,
  jobStatuses,
  jobTransitions,
  mayAttemptGo,
  mayJobGo,
} from '#core/job/lifecycle';
import { aJob, anAttempt, tenant } from '#test/support/builders';
import { fakeWorld } from '#test/support/fake-world';

const tables = {
  job: jobTransitions as Record<string, readonly string[]>,
  attempt: attemptTransitions as Record<string, readonly string[]>,
};

describe.each(Object.entries(tables))('the %s table', (_name, table) => {
  const statuses = Object.keys(table);

  it('names only statuses that it has, and none twice', () => {
    for (const targets of Object.values(table)) {
      expect(new Set(targets).size).toBe(targets.length);
      for (const target of targets) expect(statuses).toContain(target);
    }
  });

  it('leads from every status to an end', () => {
    for (const status of statuses) expect(endsFrom(table, status).length).toBeGreaterThan(0);
  });

  it('reaches every status from the first one', () => {
    expect([...reachable(table, statuses[0] ?? '')].sort()).toEqual([...statuses].sort());
  });
});

describe('the ends', () => {
  it('are four of a job and four of an attempt', () => {
    expect(jobStatuses.filter(hasJobEnded)).toEqual(['completed', 'rejected', 'failed', 'cancelled']);
    expect(attemptStatuses.filter(hasAttemptEnded)).toEqual(['solved', 'empty', 'failed', 'cancelled']);
  });

  it('are reached by an attempt in at most four steps: its table has no way back', () => {
    expect(longestPath(tables.attempt, 'waiting')).toBe(4);
  });

  it('are reached by a job unless it waits for a permit or a person again', () => {
    // Every circle goes through one of the two statuses in which the clock of the deadline stands still.
    const withoutWaiting = Object.fromEntries(
      Object.entries(tables.job).map(([from, targets]) => [
        from,
        targets.filter((target) => target !== 'queued' && target !== 'awaiting_review'),
      ]),
    );

    for (const status of jobStatuses)
      expect(longestPath(withoutWaiting, status)).toBeLessThan(Number.POSITIVE_INFINITY);
  });

  it('can be reached by cancelling from every status at work but publishing', () => {
    for (const status of ['queued', 'running'] as const) expect(mayJobGo(status, 'cancelling')).toBe(true);
    for (const status of ['waiting', 'running', 'collecting', 'verifying'] as const) {
      expect(mayAttemptGo(status, 'cancelled')).toBe(true);
      expect(mayAttemptGo(status, 'failed')).toBe(true);
    }
  });
});

describe('rows', () => {
  const write = <S extends string>(statuses: readonly S[]) =>
    // `stale`: the writer acts on the row as it was so many writes ago.
    fc.array(fc.record({ to: fc.constantFrom(...statuses), stale: fc.nat(3) }), { maxLength: 40 });

  it('of jobs never leave an end, whatever is written in whatever order on whatever stale reading', async () => {
    await fc.assert(
      fc.asyncProperty(write(jobStatuses), async (writes) => {
        const world = fakeWorld();
        const seen = [world.jobs.seed(aJob())];
        for (const { to, stale } of writes) {
          const row = seen.at(-1 - Math.min(stale, seen.length - 1)) ?? aJob();
          await world.jobs.transition(row, to, {}).then((next) => seen.push(next), expectRefusal);
        }
        const job = await world.jobs.get(tenant, aJob().id);
        expectLegal(tables.job, job?.transitions ?? [], job);
      }),
      { numRuns: 300 },
    );
  });

  it('of attempts never leave an end either', async () => {
    await fc.assert(
      fc.asyncProperty(write(attemptStatuses), async (writes) => {
        const world = fakeWorld();
        const seen = [world.attempts.seed(anAttempt())];
        for (const { to, stale } of writes) {
          const row = seen.at(-1 - Math.min(stale, seen.length - 1)) ?? anAttempt();
          await world.attempts.transition(row, to, {}).then((next) => seen.push(next), expectRefusal);
        }
        const attempt = await world.attempts.get(tenant, anAttempt().job_id, 1);
        expectLegal(tables.attempt, attempt?.transitions ?? [], attempt);
      }),
      { numRuns: 300 },
    );
  });

  it('end once even when two writers race at every step', async () => {
    await fc.assert(
      fc.asyncProperty(write(jobStatuses), fc.scheduler(), async (writes, scheduler) => {
        const { jobs } = fakeWorld();
        jobs.seed(aJob());
        const writer = async (to: JobStatus) => {
          const row = await scheduler.schedule(jobs.get(tenant, aJob().id));
          if (row && mayJobGo(row.status, to)) {
            await scheduler.schedule(Promise.resolve());
            await jobs.transition(row, to, {}).catch(expectRefusal);
          }
        };

        await scheduler.waitFor(Promise.all(writes.map(({ to }) => writer(to))));

        const job = await jobs.get(tenant, aJob().id);
        expectLegal(tables.job, job?.transitions ?? [], job);
      }),
      { numRuns: 100 },
    );
  });
});

/** A refused write is a lost race or an illegal status, and never anything else. */
function expectRefusal(error: unknown): void {
  expect(error instanceof LostRace || (error instanceof PatchbayError && error.code === 'conflict')).toBe(true);
}

function expectLegal(
  table: Record<string, readonly string[]>,
  transitions: ReadonlyArray<{ v: number; to: string }>,
  row: { status: string; v: number } | undefined,
): void {
  expect(transitions.map(({ v }) => v)).toEqual(transitions.map((_, index) => index + 1));
  for (const [index, { to }] of transitions.entries()) {
    const before = transitions[index - 1]?.to;
    if (before !== undefined) expect(table[before]).toContain(to);
  }
  const ends = transitions.filter(({ to }) => table[to]?.length === 0);
  expect(ends.length).toBeLessThanOrEqual(1);
  expect(row).toMatchObject({ status: transitions.at(-1)?.to, v: transitions.length });
}

function reachable(table: Record<string, readonly string[]>, from: string, seen = new Set<string>()): Set<string> {
  if (seen.has(from)) return seen;
  seen.add(from);
  for (const target of table[from] ?? []) reachable(table, target, seen);
  return seen;
}

const endsFrom = (table: Record<string, readonly string[]>, from: string) =>
  [...reachable(table, from)].filter((status) => table[status]?.length === 0);

/** Infinity when there is a circle. */
function longestPath(table: Record<string, readonly string[]>, from: string, path: string[] = []): number {
  if (path.includes(from)) return Number.POSITIVE_INFINITY;
  const lengths = (table[from] ?? []).map((target) => 1 + longestPath(table, target, [...path, from]));
  return Math.max(0, ...lengths);
}
