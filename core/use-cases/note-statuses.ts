import type { FailureCode } from '#core/errors';
import type { Attempt, Job, Transition } from '#core/job/job';
import type { AttemptStatus, JobStatus } from '#core/job/lifecycle';
import type { JobEvent } from '#core/job/milestone';
import type { World } from '#core/ports/world';
import type { Measured } from '#core/telemetry';

/** Ends that speak against the installation or a provider, not against the issue or its budget. */
const faults: readonly unknown[] = ['agent_error', 'sandbox_lost', 'internal'] satisfies FailureCode[];

/**
 * A log line for each status of a job that has just entered its log, with what it means in figures. The log takes each
 * transition once, whoever writes it, so each is counted once.
 */
export function noteJobStatuses(world: Pick<World, 'note'>, job: Job, appended: readonly JobEvent[]): void {
  for (const { src_seq, data } of appended) {
    const place = job.transitions.findIndex(({ v }) => v === src_seq);
    world.note('job status', {
      job_id: job.id,
      tenant: job.tenant,
      status: data.status,
      ...whyOf(data),
      metrics: jobFigures(job.transitions.slice(0, place + 1)),
    });
  }
}

/** The same for an attempt. */
export function noteAttemptStatuses(world: Pick<World, 'note'>, attempt: Attempt, appended: readonly JobEvent[]): void {
  for (const { data } of appended) {
    world.note('attempt status', {
      job_id: attempt.job_id,
      tenant: attempt.tenant,
      attempt: attempt.n,
      model: attempt.model,
      status: data.status,
      ...whyOf(data),
      metrics: attemptFigures(data.status as AttemptStatus, whyOf(data).code),
    });
  }
}

/** Of the last of these transitions. */
function jobFigures(transitions: readonly Transition[]): Measured {
  const now = transitions.at(-1);
  if (now === undefined) return {};
  const ran = secondsBetween(
    transitions.findLast(({ to }) => to === 'running' || to === 'queued'),
    now,
    'running',
  );
  switch (now.to as JobStatus) {
    case 'running':
      return { JobsStarted: 1, ...named('JobWaitSeconds', secondsBetween(transitions.at(-2), now, 'queued')) };
    case 'awaiting_review':
      return { JobsAwaitingReview: 1, ...named('JobRunSeconds', ran) };
    case 'completed':
      return { JobApproved: 1 };
    case 'rejected':
      return { JobApproved: 0 };
    case 'failed':
      return { JobsFailed: 1, ...named('JobRunSeconds', ran) };
    case 'cancelled':
      return { JobsCancelled: 1 };
    default:
      return {};
  }
}

function attemptFigures(status: AttemptStatus, code: unknown): Measured {
  switch (status) {
    case 'solved':
      return { AttemptsSolved: 1, AttemptFault: 0 };
    case 'empty':
      return { AttemptFault: 0 };
    case 'failed':
      return { AttemptFault: faults.includes(code) ? 1 : 0 };
    default:
      return {};
  }
}

/** Undefined when it did not begin with this status. */
function secondsBetween(from: Transition | undefined, to: Transition, status: JobStatus): number | undefined {
  return from?.to === status ? (Date.parse(to.at) - Date.parse(from.at)) / 1_000 : undefined;
}

function named(name: 'JobWaitSeconds' | 'JobRunSeconds', seconds: number | undefined): Measured {
  return seconds === undefined ? {} : { [name]: seconds };
}

/** In the log line `reason`: what people read as the failure's message. */
function whyOf({ failure }: Record<string, unknown>): { code?: unknown; reason?: unknown } {
  const { code, message } = (failure ?? {}) as { code?: unknown; message?: unknown };
  return code === undefined ? {} : { code, reason: message };
}
