import { ladder, verifyWall } from '#core/workflow/limits';
import type { SandboxRow } from './job.ts';
import type { SolveOptions } from './options.ts';

/**
 * What a second of a running sandbox costs, in US dollars: e2b bills what is allocated, not what is used. List prices;
 * an installation on machines of its own pays for those instead.
 */
export const sandboxPrice = {
  perVcpuSecond: 0.000014,
  perGibSecond: 0.0000045,
  /** Of the template; a test holds it level with what the template is built with. */
  size: { cpuCount: 2, memoryMB: 4_096 },
  source: 'https://e2b.dev/docs/faq/calculate-sandbox-price',
  asOf: '2026-08-05',
} as const;

/** Sandbox seconds in micro-dollars, rounded up. */
export function sandboxMicroUsd(seconds: number): number {
  const { perVcpuSecond, perGibSecond, size } = sandboxPrice;
  const perSecond = size.cpuCount * perVcpuSecond + (size.memoryMB / 1_024) * perGibSecond;
  // To the nano-dollar first: sums of such prices carry an error of the last digit, which is not to count as a part.
  return Math.ceil(Math.round(seconds * perSecond * 1e9) / 1e3);
}

type Lived = Pick<SandboxRow, 'live_at' | 'ended_at' | 'seconds_before'>;

/**
 * How long the sandboxes of a job have run: from the answer of their create to the kill that was confirmed; one that is
 * not known to be dead counts up to `now` (ms). Of one whose create was never answered nothing is known: it lives for two
 * minutes at most, and is left out.
 */
export function sandboxSeconds(rows: readonly Lived[], now: number): number {
  return rows.reduce((sum, row) => sum + secondsOf(row, now), 0);
}

/** The same for somebody who looks again and again: one that runs counts by the minute, so that little changes. */
export function shownSandboxSeconds(rows: readonly Lived[], now: number): number {
  const running = rows.filter(({ live_at, ended_at }) => live_at !== undefined && ended_at === undefined);
  const seconds = sandboxSeconds(rows, now);
  const partMinutes = running.reduce((sum, { live_at }) => sum + (((now - Date.parse(live_at ?? '')) / 1_000) % 60), 0);
  return Math.round(Math.max(0, seconds - partMinutes) * 1_000) / 1_000;
}

function secondsOf({ live_at, ended_at, seconds_before }: Lived, now: number): number {
  if (live_at === undefined) return seconds_before;
  const end = ended_at === undefined ? now : Date.parse(ended_at);
  return seconds_before + Math.max(0, end - Date.parse(live_at)) / 1_000;
}

/** The longest that the sandboxes of a round may run: solve and verify for each attempt, one for the judge of several. */
export function mostSandboxSeconds({ attempts, limits }: Pick<SolveOptions, 'attempts' | 'limits'>): number {
  const solve = ladder(limits.wall_seconds).attemptDeadline;
  const fresh = ladder(verifyWall(limits.wall_seconds)).attemptDeadline;
  return attempts * (solve + fresh) + (attempts > 1 ? fresh : 0);
}
