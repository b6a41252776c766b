import { measuredIn } from '#core/telemetry';
import { sweepOpenJobs } from './sweep-open-jobs.ts';
import { sweepOrphans } from './sweep-orphans.ts';
import type { SweepWorld, Swept } from './sweep-part.ts';
import { sweepLeases, sweepOutbox, sweepWaiting } from './sweep-queues.ts';

/** A part that has not begun by then is left to the next minute. */
const leastMs = 8_000;

/**
 * The net under everything else, once a minute. Each part is for itself: its failure is counted and stops no other.
 *
 * 1. Outbox: logs behind their rows, messages that were never sent (marks older than 30 s).
 * 2. Open jobs: past their deadline, cancelling for more than 30 s, queued for a minute and never dispatched, running
 *    without an execution, or with one that ended without a word.
 * 3. Orphans: sandboxes that no row wants.
 * 4. Leases that ran out, and those of jobs that are over; then the waiting line: 24 h are over, or there is room.
 *
 * Lists are hints: every row is read before anything is done about it.
 */
export async function sweep(
  world: SweepWorld,
  remainingMs: () => number = () => Number.POSITIVE_INFINITY,
): Promise<Swept> {
  const parts: ReadonlyArray<readonly [name: string, run: (world: SweepWorld) => Promise<Swept>]> = [
    ['outbox', sweepOutbox],
    ['open_jobs', sweepOpenJobs],
    ['orphans', sweepOrphans],
    ['leases', sweepLeases],
    ['waiting', sweepWaiting],
  ];
  const began = world.clock.now();
  const swept: Swept = { SweepFailures: 0 };
  for (const [name, run] of parts) {
    if (remainingMs() < leastMs) {
      world.note('no time left for a part of the sweep', { level: 'warning', part: name });
      continue;
    }
    try {
      Object.assign(swept, await run(world));
    } catch (error) {
      swept.SweepFailures = (swept.SweepFailures ?? 0) + 1;
      world.note('a part of the sweep failed', { level: 'error', part: name, error });
    }
  }
  const figures = { ...swept, ...derived(swept), SweepMs: world.clock.now() - began };
  world.note('swept', { ...figures, metrics: measuredIn(figures) });
  return swept;
}

const sum = (swept: Swept, names: readonly string[]) => names.reduce((total, name) => total + (swept[name] ?? 0), 0);
const repairs = [
  'OutboxHealed',
  'JobsOverdue',
  'CancelsFinished',
  'MessagesSentAgain',
  'ExecutionsStarted',
  'JobsStranded',
  'SlotsGivenBack',
];
const failures = [
  'SweepFailures',
  'OutboxFailures',
  'OpenJobFailures',
  'OrphansLeft',
  'LeaseSweepFailures',
  'WaitingFailures',
];

/** What only the parts together say. A part that failed takes its gauge with it: nothing is better than a wrong 0. */
function derived(swept: Swept): Swept {
  const { LeasesLeaked, SandboxesAlive, SlotsUsed } = swept;
  const known = LeasesLeaked !== undefined && SandboxesAlive !== undefined && SlotsUsed !== undefined;
  const faults = sum(swept, failures);
  return {
    SweepRepairs: sum(swept, repairs),
    ...(known && { PermitDrift: LeasesLeaked + Math.max(0, SandboxesAlive - SlotsUsed) }),
    ...(faults > 0 && { Faults: faults }),
  };
}
