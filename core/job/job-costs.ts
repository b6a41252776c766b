import type { Attempt, SandboxRow } from './job.ts';
import { sandboxMicroUsd, sandboxSeconds } from './sandbox-cost.ts';

/** What a job has cost, in US dollars. */
export interface JobCosts {
  models_usd: number;
  sandboxes_usd: number;
  sandbox_seconds: number;
}

/** `seconds`: how the time of sandboxes is counted. `now` in ms. */
export function costsOf(
  attempts: readonly Pick<Attempt, 'usage'>[],
  rows: readonly SandboxRow[],
  now: number,
  seconds: typeof sandboxSeconds = sandboxSeconds,
): JobCosts {
  // In whole micro-dollars, as the meter keeps them: a sum of dollars is not exact.
  const models = attempts.reduce((sum, { usage }) => sum + Math.round(usage.cost_usd * 1e6), 0);
  const sandbox_seconds = seconds(rows, now);
  return { models_usd: models / 1e6, sandboxes_usd: sandboxMicroUsd(sandbox_seconds) / 1e6, sandbox_seconds };
}

export function totalUsd({ models_usd, sandboxes_usd }: JobCosts): number {
  return Math.round((models_usd + sandboxes_usd) * 1e6) / 1e6;
}
