import { PatchbayError } from '#core/errors';
import type { Job } from '#core/job/job';
import type { World } from '#core/ports/world';
import { type EndIdlePorts, endIdleJob } from './end-idle-job.ts';
import { endWaitingAttempts } from './end-waiting-attempts.ts';
import { failOpenTasks, cancelReason as reason } from './fail-open-tasks.ts';
import { onOwnJob } from './on-own-job.ts';
import type { Caller } from './ownership.ts';
import { recordTransitions } from './record-transitions.ts';

type Ports = EndIdlePorts & Pick<World, 'taskTokens'>;

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
  return await onOwnJob(world, input, (job) => cancelled(world, job));
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
  return await endIdleJob(world, job, 'cancelled', { cancel_reason: reason }, { reason });
}

async function woken(world: Ports, job: Job): Promise<Job> {
  await failOpenTasks(world, job);
  return job;
}
