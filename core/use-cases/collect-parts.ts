import type { Attempt, Job, SandboxRow } from '#core/job/job';
import type { World } from '#core/ports/world';
import type { RunnerResult } from '#core/workflow/runner';
import type { CollectInput } from '#core/workflow/steps';

export type CollectPorts = Pick<
  World,
  'clock' | 'installation' | 'note' | 'jobs' | 'attempts' | 'sandboxRows' | 'sandboxes' | 'artifacts' | 'log' | 'live'
>;

/** What Collect works on, as it stands at its start. */
export interface CollectParts {
  input: CollectInput;
  job: Job;
  attempt: Attempt;
  row: SandboxRow;
}

/** The runner has not ended by itself: it is asked to. */
export function isHurried({ input, job }: Pick<CollectParts, 'input' | 'job'>): boolean {
  return input.error !== undefined || job.status === 'cancelling';
}

/** Whether what a runner left is not all it would have left: it was stopped before its end. */
export function isCutShort(parts: CollectParts, attempt: Attempt, result: RunnerResult | undefined): boolean {
  if (result !== undefined) return result.status === 'cancelled';
  return isCancelled(parts) || attempt.status === 'cancelled';
}

/**
 * Lists files of an attempt that somebody else has cancelled meanwhile, or before: its status is written, what it left
 * is not.
 */
export async function listedIfCancelled(
  world: CollectPorts,
  attempt: Attempt,
  changes: Pick<Attempt, 'artifacts'> & { diff?: Attempt['diff'] & {} },
): Promise<Attempt> {
  if (attempt.status === 'cancelled') await world.attempts.change(attempt, changes);
  return attempt;
}

/** Whether what is collected belongs to something that is not wanted any more. */
export function isCancelled({ input, job }: Pick<CollectParts, 'input' | 'job'>): boolean {
  return job.status === 'cancelling' || input.error === 'Cancelled';
}
