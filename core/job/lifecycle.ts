/** Both status tables: every legal transition, and nothing else is ever written (each write names its expected status). */

export const jobTransitions = {
  queued: ['running', 'cancelling', 'failed'],
  running: ['awaiting_review', 'failed', 'cancelling', 'queued'],
  awaiting_review: ['publishing', 'queued', 'completed', 'rejected', 'cancelled'],
  publishing: ['completed', 'awaiting_review'],
  cancelling: ['cancelled'],
  completed: [],
  rejected: [],
  failed: [],
  cancelled: [],
} as const satisfies Record<string, readonly string[]>;
export type JobStatus = keyof typeof jobTransitions;
export const jobStatuses = Object.keys(jobTransitions) as [JobStatus, ...JobStatus[]];

export const attemptTransitions = {
  waiting: ['running', 'failed', 'cancelled'],
  running: ['collecting', 'failed', 'cancelled'],
  collecting: ['verifying', 'empty', 'failed', 'cancelled'],
  verifying: ['solved', 'failed', 'cancelled'],
  solved: [],
  empty: [],
  failed: [],
  cancelled: [],
} as const satisfies Record<string, readonly string[]>;
export type AttemptStatus = keyof typeof attemptTransitions;
export const attemptStatuses = Object.keys(attemptTransitions) as [AttemptStatus, ...AttemptStatus[]];

export function mayJobGo(from: JobStatus, to: JobStatus): boolean {
  return (jobTransitions[from] as readonly string[]).includes(to);
}

export function mayAttemptGo(from: AttemptStatus, to: AttemptStatus): boolean {
  return (attemptTransitions[from] as readonly string[]).includes(to);
}

/** An ended job never changes its status again. */
export function hasJobEnded(status: JobStatus): boolean {
  return jobTransitions[status].length === 0;
}

export function hasAttemptEnded(status: AttemptStatus): boolean {
  return attemptTransitions[status].length === 0;
}

/** At work: a second solve of the same issue meets this job instead of starting another. */
export function isJobAtWork(status: JobStatus): boolean {
  return status === 'queued' || status === 'running' || status === 'publishing' || status === 'cancelling';
}
