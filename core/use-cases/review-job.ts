import { PatchbayError } from '#core/errors';
import type { Job } from '#core/job/job';
import type { Review } from '#core/job/review';
import type { World } from '#core/ports/world';
import { type EndIdlePorts, endIdleJob } from './end-idle-job.ts';
import { noteDiffOnIssue } from './note-diff-on-issue.ts';
import { onOwnJob } from './on-own-job.ts';
import { attemptOf, type Caller } from './ownership.ts';

interface ReviewRequest {
  caller: Caller;
  job_id: string;
  review: { decision: Review['decision']; attempt?: number | undefined; comment?: string | undefined };
}

/** Of a comment, what a line of the chat shows: a socket message has room for it in any script. */
const shownCharacters = 200;

/**
 * A person's decision about a job that awaits review; nothing is published by it.
 *
 * 1. approve → completed, with the attempt that was chosen: the winner unless another with a usable diff is named.
 *    reject → rejected, the whole job.
 * 2. The review is in the same conditional write as the status: of two decisions at once one is made, and the other
 *    learns of it.
 * 3. The issue shows the approved attempt's diff; after a rejection, none of this job.
 * 4. The same decision again → the job as it is, 3 again; its first comment stays.
 *
 * @throws PatchbayError not_found, conflict for another decision and for a job that does not await review,
 * unprocessable for an attempt without a usable diff
 */
export async function reviewJob(world: EndIdlePorts, request: ReviewRequest): Promise<Job> {
  return await onOwnJob(world, request, (job) => reviewed(world, job, request));
}

async function reviewed(world: EndIdlePorts, job: Job, { caller, review }: ReviewRequest): Promise<Job> {
  const { decision, comment = null } = review;
  const attempt = decision === 'approve' ? (review.attempt ?? job.verdict?.winner ?? null) : null;
  if (job.review?.decision === decision && job.review.attempt === attempt) {
    await noteDiffOnIssue(world, job);
    return job;
  }
  if (job.status !== 'awaiting_review') throw notToReview(job);
  if (decision === 'approve') await requireUsable(world, job, attempt);
  const made: Review = { decision, attempt, comment, by: caller.user, at: world.clock.at() };
  const to = decision === 'approve' ? 'completed' : 'rejected';
  return await endIdleJob(world, job, to, { review: made }, told(made));
}

/** A usable diff: the attempt was solved, and the judge's gates let it pass. @throws PatchbayError */
async function requireUsable(world: Pick<World, 'attempts'>, job: Job, n: number | null): Promise<void> {
  if (n === null) throw unusable(`Job ${job.id} has no winner.`);
  const { status } = await attemptOf(world, job, n);
  if (status !== 'solved') throw unusable(`Attempt ${n} of ${job.id} is ${status}: it has no usable diff.`);
  const gate = job.verdict?.ranking.find((candidate) => candidate.attempt === n)?.gate ?? null;
  if (gate !== null)
    throw unusable(`The diff of attempt ${n} of ${job.id} is not usable: ${gate.replaceAll('_', ' ')}.`);
}

/** What the log says of it; the whole comment is read with the job. */
function told({ decision, attempt, comment, by }: Review): Record<string, unknown> {
  const said =
    comment === null ? undefined : [...comment.replace(/\s+/g, ' ').trim()].slice(0, shownCharacters).join('');
  const approved = `attempt ${attempt} approved, nothing published`;
  const reason = decision === 'approve' ? [approved, ...(said ? [said] : [])].join('; ') : said;
  return { review: { decision, attempt, by }, ...(reason && { reason }) };
}

function notToReview({ id, status, review }: Job): PatchbayError {
  if (review !== undefined) {
    const made = review.decision === 'approve' ? `approved with attempt ${review.attempt}` : 'rejected';
    return new PatchbayError('conflict', `Job ${id} was ${made} already: a decision is final.`, {
      remedy: 'To have the issue solved once more, retry the job.',
    });
  }
  const open = status === 'queued' || status === 'running';
  return new PatchbayError('conflict', `Job ${id} is ${status}: there is nothing to review.`, {
    remedy: open
      ? 'Wait until the job awaits review, or cancel it.'
      : 'Read the job; retry it to have the issue solved once more.',
  });
}

function unusable(message: string): PatchbayError {
  return new PatchbayError('unprocessable', message, {
    remedy: 'Name an attempt that is solved, or reject the job.',
    fields: [{ field: 'attempt', message }],
  });
}
