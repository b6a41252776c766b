import type { Job } from '#core/job/job';
import type { JobStatus } from '#core/job/lifecycle';
import type { JobChanges } from '#core/ports/job-store';
import type { World } from '#core/ports/world';
import { settleBudget } from './job-budget.ts';
import { type NoteDiffPorts, noteDiffOnIssue } from './note-diff-on-issue.ts';
import { recordTransitions } from './record-transitions.ts';

export type EndIdlePorts = NoteDiffPorts &
  Pick<World, 'jobs' | 'sandboxRows' | 'budgets' | 'meter' | 'log' | 'live' | 'clock' | 'note'>;

/**
 * The end of a job on which nothing is at work: the conditional write, the log, the money (Finish may have settled it
 * already), the issue's diff. A job that awaited review was finished before: the time until somebody decided is not its own.
 *
 * @throws LostRace when the row is no longer as `job` says
 */
export async function endIdleJob(
  world: EndIdlePorts,
  job: Job,
  to: JobStatus,
  changes: JobChanges,
  data: Record<string, unknown>,
): Promise<Job> {
  const times = { finished_at: job.finished_at ?? world.clock.at(), deadline: null };
  const end = await world.jobs.transition(job, to, { ...changes, ...times }, data);
  await recordTransitions(world, end);
  await settleBudget(world, end, await world.attempts.list(end.tenant, end.id));
  await noteDiffOnIssue(world, end);
  return end;
}
