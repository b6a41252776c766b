import type { Failure } from '#core/errors';
import type { Job } from '#core/job/job';
import type { World } from '#core/ports/world';
import { moveAttempt } from './move-attempt.ts';

/**
 * Ends the attempts of a job that leaves the line for good: there are some if a busy provider sent it back there. They
 * never had a sandbox. `why` undefined: cancelled.
 */
export async function endWaitingAttempts(
  world: Pick<World, 'attempts' | 'log' | 'live' | 'clock' | 'note'>,
  job: Job,
  why?: Failure,
): Promise<void> {
  for (const attempt of await world.attempts.list(job.tenant, job.id)) {
    if (attempt.status !== 'waiting') continue;
    const finished_at = world.clock.at();
    if (why === undefined) await moveAttempt(world, job, attempt, 'cancelled', { finished_at });
    else await moveAttempt(world, job, attempt, 'failed', { finished_at, failure: why }, { failure: why });
  }
}
