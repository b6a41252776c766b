import { Cancelled, SandboxLost } from '#core/errors';
import { sandboxKey } from '#core/ids';
import type { Attempt, Job, SandboxRow } from '#core/job/job';
import { hasAttemptEnded } from '#core/job/lifecycle';
import type { World } from '#core/ports/world';
import type { SandboxStep } from '#core/workflow/steps';
import { killSandbox } from './kill-sandbox.ts';

/** The rows of a sandbox step, read strongly. The judge's sandbox belongs to no attempt. */
export interface StepRows {
  job: Job;
  attempt: Attempt | undefined;
  /** Of this dispatch; undefined before its create. */
  row: SandboxRow | undefined;
  /** Of an earlier dispatch, under the same key. */
  earlier: SandboxRow | undefined;
}

/** The job, its attempt and its sandbox as a step finds them; `undefined` when there is no such job. */
export async function readStepRows(
  world: Pick<World, 'jobs' | 'attempts' | 'sandboxRows'>,
  step: SandboxStep,
): Promise<StepRows | undefined> {
  const [job, attempt, row] = await Promise.all([
    world.jobs.get(step.tenant, step.job_id),
    step.mode === 'judge' ? undefined : world.attempts.get(step.tenant, step.job_id, step.attempt),
    world.sandboxRows.get(step.tenant, step.job_id, sandboxKey(step.mode, step.attempt)),
  ]);
  if (job === undefined) return undefined;
  return row?.dispatch === step.dispatch
    ? { job, attempt, row, earlier: undefined }
    : { job, attempt, row: undefined, earlier: row };
}

/** Whether the job is still at work under this dispatch; while it is being cancelled too, where `cancelling` says so. */
export function isOfDispatch(
  job: Job | undefined,
  step: { round: number; dispatch: number },
  also: 'running' | 'cancelling' = 'running',
): job is Job {
  if (job === undefined || job.round !== step.round || job.dispatch !== step.dispatch) return false;
  return job.status === 'running' || (also === 'cancelling' && job.status === 'cancelling');
}

/**
 * The rows of a step that may go on. StopExecution does not stop a Lambda that is running, so every step asks this on
 * entry, and CreateSandbox again after its create.
 * @throws Cancelled when job or attempt are no longer at work; the step's own sandbox has been killed before.
 * SandboxLost when somebody has killed it already: there is no second one for the same dispatch
 */
export async function rowsAtWork(
  world: Pick<World, 'jobs' | 'attempts' | 'sandboxRows' | 'sandboxes' | 'installation' | 'note' | 'clock'>,
  step: SandboxStep,
): Promise<StepRows> {
  const rows = await readStepRows(world, step);
  const attemptOpen = step.mode === 'judge' || (rows?.attempt !== undefined && !hasAttemptEnded(rows.attempt.status));
  if (rows === undefined || !isOfDispatch(rows.job, step) || !attemptOpen) {
    if (rows?.row !== undefined) await killSandbox(world, rows.row);
    throw new Cancelled(`${step.job_id} is not at work under dispatch ${step.dispatch} any more`);
  }
  if (rows.row?.state === 'dead') throw new SandboxLost(`the sandbox of ${rows.row.key} of ${step.job_id} was killed`);
  return rows;
}
