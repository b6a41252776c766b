import { PatchbayError } from '../errors.ts';
import type { Attempt, Job, Transition } from './job.ts';
import { type AttemptStatus, type JobStatus, mayAttemptGo, mayJobGo } from './lifecycle.ts';

/** What every store does with a status write, so that fakes and adapters cannot disagree about it. */

/** @throws PatchbayError conflict when the table has no such transition */
export function requireJobMayGo(job: Job, to: JobStatus): void {
  if (!mayJobGo(job.status, to))
    throw new PatchbayError('conflict', `job ${job.id} cannot go from ${job.status} to ${to}`);
}

/** @throws PatchbayError conflict when the table has no such transition */
export function requireAttemptMayGo(attempt: Attempt, to: AttemptStatus): void {
  if (mayAttemptGo(attempt.status, to)) return;
  throw new PatchbayError(
    'conflict',
    `attempt ${attempt.n} of ${attempt.job_id} cannot go from ${attempt.status} to ${to}`,
  );
}

/** The entry of the next status write of `row`. */
export function nextTransition(row: { v: number }, to: string, at: string, data?: Record<string, unknown>): Transition {
  return { v: row.v + 1, to, at, ...(data && { data }) };
}

/**
 * An outbox mark: ISO 8601, with the version below the millisecond, so that two status writes within one millisecond
 * have two marks and clearing the first leaves the second.
 */
export function outboxMark(at: string, v: number): string {
  return at.replace('Z', `${String(v % 1_000_000).padStart(6, '0')}Z`);
}
