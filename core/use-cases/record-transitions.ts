import type { Attempt, Job, Transition } from '#core/job/job';
import type { JobEvent, NewEvent } from '#core/job/milestone';
import type { World } from '#core/ports/world';
import { noteAttemptStatuses, noteJobStatuses } from './note-statuses.ts';

type Ports = Pick<World, 'log' | 'live' | 'jobs' | 'note'>;

/**
 * Brings a job's log level with its row, and tells the session's sockets. Any writer of a status calls it after the
 * write; the sweeper calls it again for rows whose outbox mark stayed.
 *
 * 1. Append every transition that is not in the log (the log knows its cursor for `job`), push what was new.
 * 2. Clear the outbox mark, unless the row is `queued`: then the mark also stands for a message to dispatch, and
 *    `announceJob` clears it when both are done.
 *
 * Never throws: the status is written and the mark keeps the rest for the sweeper. Returns whether the log is level.
 */
export async function recordTransitions(world: Ports, job: Job): Promise<boolean> {
  return await unlessItFails(world, job, 'log is behind its row', async () => {
    noteJobStatuses(world, job, await appendAndPush(world, job, job.transitions.map(jobStatusEvent)));
    if (job.status !== 'queued') await clearMark(world, job);
  });
}

/**
 * `recordTransitions`, and for a queued row the message to dispatch, then the mark cleared. Same promise: it never
 * throws; what failed is sent again by the sweeper (I8). The message does not wait for the log: a dispatch that comes
 * first brings it level itself.
 */
export async function announceJob(world: Ports & Pick<World, 'queue'>, job: Job): Promise<boolean> {
  if (job.status !== 'queued') return await recordTransitions(world, job);
  const message = { tenant: job.tenant, job_id: job.id, round: job.round };
  const [recorded, sent] = await Promise.all([
    recordTransitions(world, job),
    unlessItFails(world, job, 'message not sent', () => world.queue.send(message)),
  ]);
  return recorded && sent && (await unlessItFails(world, job, 'mark not cleared', () => clearMark(world, job)));
}

async function unlessItFails(
  world: Pick<World, 'note'>,
  job: Job,
  what: string,
  act: () => Promise<void>,
): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    world.note(`${what}; the outbox mark stays`, { level: 'warning', job_id: job.id, error });
    return false;
  }
}

/**
 * The same for rows of attempts. They have no outbox mark, so it throws: the step that wrote the status is retried as a
 * whole, and the log takes each transition once. A retry that finds the status written need not come here: whoever ends
 * a job at work does, for all of them.
 */
export async function recordAttempts(
  world: Pick<World, 'log' | 'live' | 'note'>,
  job: Pick<Job, 'tenant' | 'id' | 'session_id'>,
  attempts: readonly Attempt[],
): Promise<void> {
  const events = attempts.map((attempt) => attempt.transitions.map((entry) => attemptStatusEvent(attempt, entry)));
  const appended = await appendAndPush(world, job, events.flat());
  for (const attempt of attempts) {
    const own = appended.filter(({ src }) => src === attemptSource(attempt));
    noteAttemptStatuses(world, attempt, own);
  }
}

/** Appends events of any source and pushes those that were new: the way of everything that enters a job's log. */
export async function appendAndPush(
  world: Pick<World, 'log' | 'live'>,
  job: Pick<Job, 'tenant' | 'id' | 'session_id'>,
  events: NewEvent[],
): Promise<JobEvent[]> {
  const appended = await world.log.append(job.tenant, job.id, events);
  if (appended.length > 0) await world.live.push(job.tenant, job.session_id, job.id, appended);
  return appended;
}

function jobStatusEvent({ v, to, at, data }: Transition): NewEvent {
  return { src: 'job', src_seq: v, type: 'job_status', at, data: { ...data, status: to } };
}

const attemptSource = ({ n }: Attempt) => `attempt-${n}`;

function attemptStatusEvent(attempt: Attempt, { v, to, at, data }: Transition): NewEvent {
  const who = { attempt: attempt.n, round: attempt.round };
  return { src: attemptSource(attempt), src_seq: v, type: 'attempt_status', at, data: { ...data, ...who, status: to } };
}

async function clearMark(world: Pick<World, 'jobs'>, job: Job): Promise<void> {
  if (job.outbox !== undefined) await world.jobs.clearOutbox(job, job.outbox);
}
