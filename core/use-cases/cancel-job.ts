import { LostRace, PatchbayError } from '#core/errors';
import type { Job } from '#core/job/job';
import type { World } from '#core/ports/world';
import { endWaitingAttempts } from './end-waiting-attempts.ts';
import { failOpenTasks, cancelReason as reason } from './fail-open-tasks.ts';
import { settleBudget } from './job-budget.ts';
import { type Caller, ownJob } from './ownership.ts';
import { recordTransitions } from './record-transitions.ts';

type Ports = Pick<
  World,
  'jobs' | 'attempts' | 'sandboxRows' | 'taskTokens' | 'budgets' | 'log' | 'live' | 'clock' | 'note'
>;

/**
 * Cancels a job: the conditional write first, then the workflow is woken so that it runs its own clean-up.
 *
 * 1. queued → cancelling → cancelled: nothing runs yet; a dispatcher at work on it loses its write and gives back what
 *    it took. awaiting_review → cancelled. running → cancelling.
 * 2. From running: fail the task token of every sandbox that may be open. Collect keeps what is there.
 * 3. Already cancelling: the tokens again (an earlier call may have died in between). Cancelled: success.
 *
 * @throws PatchbayError conflict for a job that ended otherwise or is being published
 */
export async function cancelJob(world: Ports, input: { caller: Caller; job_id: string }): Promise<Job> {
  for (let round = 0; round < 5; round += 1) {
    const job = await ownJob(world, input.caller, input.job_id);
    try {
      return await cancelled(world, job);
    } catch (error) {
      // Somebody moved the job between our read and our write: decide again on what it is now.
      if (!(error instanceof LostRace)) throw error;
    }
  }
  throw new PatchbayError('conflict', 'The job changes its state faster than it can be cancelled.', { retryAfter: 1 });
}

async function cancelled(world: Ports, job: Job): Promise<Job> {
  switch (job.status) {
    case 'queued': {
      const leaving = await world.jobs.transition(job, 'cancelling', { cancel_reason: reason, waiting_since: null });
      await endWaitingAttempts(world, leaving);
      return await ended(world, leaving);
    }
    case 'awaiting_review':
      return await ended(world, job);
    case 'running': {
      const leaving = await world.jobs.transition(job, 'cancelling', { cancel_reason: reason });
      await recordTransitions(world, leaving);
      return await woken(world, leaving);
    }
    case 'cancelling':
      return await woken(world, job);
    case 'cancelled':
      return job;
    default:
      throw new PatchbayError('conflict', `The job is ${job.status}: there is nothing to cancel any more.`);
  }
}

async function ended(world: Ports, job: Job): Promise<Job> {
  const changes = { cancel_reason: reason, finished_at: world.clock.at(), deadline: null };
  const end = await world.jobs.transition(job, 'cancelled', changes, { reason });
  await recordTransitions(world, end);
  await settleBudget(world, end, await world.attempts.list(end.tenant, end.id));
  return end;
}

async function woken(world: Ports, job: Job): Promise<Job> {
  await failOpenTasks(world, job);
  return job;
}
