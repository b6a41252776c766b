import type { Job } from '#core/job/job';
import type { World } from '#core/ports/world';

export const cancelReason = 'cancelled by the user';

/**
 * Wakes the workflow where it waits for a runner of this job (of one attempt, if `attempt` is given), so that it runs
 * its own clean-up. A sandbox that is just being made has no token yet: its next step reads the rows and stops by itself.
 * Never throws: the heartbeat's reply says cancel too, and the sweeper stops what is left.
 */
export async function failOpenTasks(
  world: Pick<World, 'sandboxRows' | 'taskTokens' | 'note'>,
  job: Job,
  attempt?: number,
): Promise<void> {
  const rows = await world.sandboxRows.list(job.tenant, job.id);
  const open = rows.filter(({ dispatch, state }) => dispatch === job.dispatch && state !== 'dead');
  const meant = open.filter((row) => attempt === undefined || row.attempt === attempt);
  const outcomes = await Promise.allSettled(
    meant.map(
      async ({ task_token }) => task_token && (await world.taskTokens.fail(task_token, 'Cancelled', cancelReason)),
    ),
  );
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') continue;
    world.note('sandbox not told of the cancel', { level: 'warning', job_id: job.id, error: outcome.reason });
  }
}
