import { LostRace } from '#core/errors';
import { executionName } from '#core/ids';
import type { Job } from '#core/job/job';
import type { World } from '#core/ports/world';
import type { MachineInput } from '#core/workflow/steps';

/**
 * Starts the execution of a running job's dispatch and notes it on the row. Repeatable: name and input are the same
 * every time. Called by dispatch, and by the sweeper for rows whose dispatcher died in between.
 */
export async function startExecution(world: Pick<World, 'jobs' | 'executions'>, job: Job): Promise<void> {
  const name = executionName(job.id, job.round, job.dispatch);
  const input = {
    tenant: job.tenant,
    job_id: job.id,
    round: job.round,
    dispatch: job.dispatch,
    attempts: job.plan.map((_, slot) => ({ n: job.first_attempt + slot, slot })),
  } satisfies MachineInput;
  try {
    await world.executions.start(name, input);
  } catch (error) {
    // The name is used: it was started before and has ended. Its end is on the row, or the sweeper will see it there.
    if (!(error instanceof LostRace)) throw error;
  }
  try {
    await world.jobs.change(job, { execution_arn: world.executions.arnOf(name) });
  } catch (error) {
    // Cancelled meanwhile: whoever ends it derives the ARN from the name.
    if (!(error instanceof LostRace)) throw error;
  }
}

/** The ARN of a job's current execution, whether or not the row has it yet. */
export function executionOf(world: Pick<World, 'executions'>, job: Job): string {
  return job.execution_arn ?? world.executions.arnOf(executionName(job.id, job.round, job.dispatch));
}
