import { type Failure, LostRace } from '#core/errors';
import type { Job } from '#core/job/job';
import type { World } from '#core/ports/world';
import { endWaitingAttempts } from './end-waiting-attempts.ts';
import { settleBudget } from './job-budget.ts';
import { recordTransitions } from './record-transitions.ts';

type Ports = Pick<World, 'clock' | 'jobs' | 'attempts' | 'sandboxRows' | 'log' | 'live' | 'budgets' | 'meter' | 'note'>;

/**
 * Ends a job that never got to run: it holds nothing. A lost race means that somebody else moved it: `ignored`.
 *
 * 1. queued → failed with the failure, out of the line.
 * 2. Log and sockets; the reserved money back.
 */
export async function failQueuedJob(world: Ports, job: Job, failure: Failure): Promise<'failed' | 'ignored'> {
  try {
    const changes = { failure, finished_at: world.clock.at(), waiting_since: null, claim: null, deadline: null };
    const failed = await world.jobs.transition(job, 'failed', changes, { failure });
    await endWaitingAttempts(world, failed, failure);
    await recordTransitions(world, failed);
    await settleBudget(world, failed, await world.attempts.list(failed.tenant, failed.id));
    return 'failed';
  } catch (error) {
    if (error instanceof LostRace) return 'ignored';
    throw error;
  }
}
