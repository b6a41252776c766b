import { PatchbayError } from '#core/errors';
import type { Attempt, Job } from '#core/job/job';
import { hasAttemptEnded } from '#core/job/lifecycle';
import { cancelJob } from './cancel-job.ts';
import { failOpenTasks, cancelReason as reason } from './fail-open-tasks.ts';
import { moveAttempt } from './move-attempt.ts';
import { attemptOf, type Caller, ownJob } from './ownership.ts';
import { recordAttempts } from './record-transitions.ts';

type Ports = Parameters<typeof cancelJob>[0];

/**
 * Cancels one attempt; the others go on, and the job ends by what they give.
 *
 * 1. The conditional write first: whatever it was at → cancelled. It may have moved on since it was read: then once
 *    more, on what it is now.
 * 2. Its open task fails, so that its own Map iteration collects what there is and kills the sandbox.
 * 3. Already cancelled: the log and the task again (an earlier call may have died in between).
 * 4. When no attempt of the round is left, the job is cancelled: here while it stands in the line, else by Finish.
 *
 * @throws PatchbayError not_found, conflict for an attempt that ended otherwise
 */
export async function cancelAttempt(world: Ports, input: { caller: Caller; job_id: string; n: number }): Promise<Job> {
  const job = await ownJob(world, input.caller, input.job_id);
  const attempt = await cancelled(world, job, input.n);
  await recordAttempts(world, job, [attempt]);
  // Read after the write: a dispatch that begins later finds the attempt cancelled.
  const now = await ownJob(world, input.caller, input.job_id);
  await failOpenTasks(world, now, attempt.n);
  if (now.status !== 'queued' || !(await allCancelled(world, now))) return now;
  return await cancelJob(world, input);
}

async function cancelled(world: Ports, job: Job, n: number): Promise<Attempt> {
  // Each round is one step further in a table without circles.
  for (;;) {
    const attempt = await attemptOf(world, job, n);
    if (attempt.status === 'cancelled') return attempt;
    if (hasAttemptEnded(attempt.status)) throw ended(attempt);
    const moved = await moveAttempt(world, job, attempt, 'cancelled', { finished_at: world.clock.at() }, { reason });
    if (moved.status === 'cancelled') return moved;
  }
}

async function allCancelled(world: Ports, job: Job): Promise<boolean> {
  const attempts = await world.attempts.list(job.tenant, job.id);
  return attempts.filter(({ round }) => round === job.round).every(({ status }) => status === 'cancelled');
}

function ended({ n, job_id, status }: Attempt): PatchbayError {
  return new PatchbayError('conflict', `Attempt ${n} of ${job_id} is ${status}: there is nothing to cancel any more.`, {
    remedy: 'Read the job; cancel it as a whole if nothing of it is wanted.',
  });
}
