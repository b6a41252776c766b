import type { AttemptView, JobView } from '#core/api/views';
import { type AttemptStatus, attemptStatuses, hasAttemptEnded, type JobStatus, jobStatuses } from '#core/job/lifecycle';
import { type JobEvent, phaseOf } from '#core/job/milestone';

/** What a job is seen doing: events move it at once, snapshots bring what no event carries. */
export interface Progress {
  status: JobStatus;
  waiting: JobView['waiting'];
  attempts: ReadonlyMap<number, AttemptProgress>;
}

export interface AttemptProgress {
  n: number;
  model: string;
  status: AttemptStatus;
  phase: string | null;
  steps: number;
  costUsd: number;
  /** Of the newest step. */
  command: string;
  startedAt: string | null;
  finishedAt: string | null;
  /** Why it failed, in a word; `verified` of a solved one. */
  outcome: string;
}

export function startOf(job: JobView): Progress {
  return withSnapshot({ status: job.status, waiting: job.waiting, attempts: new Map() }, job);
}

/**
 * Costs, steps and times of a snapshot. Statuses and phases only of attempts not seen before: an event may have told
 * something newer already.
 */
export function withSnapshot(progress: Progress, job: JobView): Progress {
  const attempts = new Map(progress.attempts);
  for (const view of job.attempts.filter(({ round }) => round === job.round)) {
    const known = attempts.get(view.n) ?? unseen(view.n, view);
    attempts.set(view.n, {
      ...known,
      model: view.model,
      steps: Math.max(known.steps, view.steps),
      costUsd: view.cost_usd,
      startedAt: view.started_at,
      finishedAt: view.finished_at,
      // The runner tells its phase with every beat, also where no event marks the change.
      phase: known.status === view.status ? view.phase : known.phase,
      outcome: outcomeOf(view) || known.outcome,
    });
  }
  return { ...progress, attempts, waiting: job.waiting };
}

export function withEvent(progress: Progress, event: JobEvent): Progress {
  const { type, data } = event;
  if (type === 'job_status') {
    const status = oneOf(jobStatuses, data.status) ?? progress.status;
    return { ...progress, status, waiting: status === 'queued' ? progress.waiting : null };
  }
  const n = Number(/^(?:attempt|solve|verify)-(\d+)/.exec(event.src)?.[1] ?? 0);
  if (n === 0) return progress;
  const known = progress.attempts.get(n) ?? unseen(n);
  return { ...progress, attempts: new Map(progress.attempts).set(n, moved(known, event)) };
}

function moved(attempt: AttemptProgress, { type, src, data, at }: JobEvent): AttemptProgress {
  if (type === 'step') {
    const { n, command } = data;
    const steps = typeof n === 'number' ? Math.max(attempt.steps, n) : attempt.steps;
    return { ...attempt, steps, command: typeof command === 'string' ? command : '' };
  }
  if (type !== 'attempt_status') {
    const phase = src.startsWith('solve-') ? (phaseOf[type] ?? attempt.phase) : attempt.phase;
    return { ...attempt, phase };
  }
  const status = oneOf(attemptStatuses, data.status) ?? attempt.status;
  const { failure, verified } = data as { failure?: AttemptView['failure']; verified?: boolean };
  const outcome = outcomeOf({ failure: failure ?? null, verified: verified === true });
  if (hasAttemptEnded(status)) return { ...attempt, status, phase: null, finishedAt: at, outcome };
  const started = status === 'running' ? { startedAt: at } : {};
  return { ...attempt, status, ...started, phase: status === 'running' ? 'preparing' : status };
}

function unseen(n: number, { status = 'waiting', phase = 'provisioning' }: Partial<AttemptView> = {}): AttemptProgress {
  const nothing = { model: '', steps: 0, costUsd: 0, command: '', startedAt: null, finishedAt: null, outcome: '' };
  return { n, status, phase, ...nothing };
}

function outcomeOf({ failure, verified }: Pick<AttemptView, 'failure' | 'verified'>): string {
  return failure?.code ?? (verified ? 'verified' : '');
}

function oneOf<T extends string>(known: readonly T[], value: unknown): T | undefined {
  return known.find((one) => one === value);
}
