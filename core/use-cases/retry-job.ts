import { PatchbayError } from '#core/errors';
import type { Job } from '#core/job/job';
import { hasJobEnded } from '#core/job/lifecycle';
import { type Caller, ownJob } from './ownership.ts';
import { requestSolve } from './request-solve.ts';

/**
 * Solves the issue of an ended job once more: a new job with the same options, admitted like any other. Its id follows
 * from the retried job, so two clicks are one job, and a later one answers with it too; that one can be retried itself.
 *
 * @throws PatchbayError not_found, conflict for a job that has not ended, and what `requestSolve` throws
 */
export async function retryJob(
  world: Parameters<typeof requestSolve>[0],
  { caller, job_id }: { caller: Caller; job_id: string },
): Promise<{ job: Job; created: boolean }> {
  const { id, status, session_id, issue_id, options } = await ownJob(world, caller, job_id);
  if (!hasJobEnded(status)) {
    const remedy =
      status === 'awaiting_review' ? 'Approve, reject or cancel it first.' : 'Wait for its end, or cancel it first.';
    throw new PatchbayError('conflict', `Job ${id} is ${status}: only a job that has ended is retried.`, { remedy });
  }
  return await requestSolve(world, { caller, session_id, issue_id, options, retry_of: id });
}
