import type { JobView } from '#core/api/views';
import type { JobEvent } from '#core/job/milestone';
import { followJob } from '../client/live-client.ts';
import type { Connection } from './connection.ts';
import { exitCodeOf } from './exit-codes.ts';
import type { ProgressView } from './progress-view.ts';

const tickMs = 1_000;
/** Snapshots for a terminal: every second tick. Polling at that pace is what the API is made for. */
const ticksPerSnapshot = 2;

/**
 * Shows a job's events until it is at rest, whatever went before: the log of a job in its second round has a rest of the
 * first in it. @returns the job as it is then
 */
export async function followToRest(
  { api, socketUrl }: Connection,
  job: JobView,
  view: ProgressView,
  outside: AbortSignal,
): Promise<JobView> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, outside]);
  const stopTicking = view.tick ? ticking(view, () => api.call('getJob', { params: { job_id: job.id } })) : () => {};
  let now = job;
  try {
    for await (const event of followJob(api, { socketUrl, sessionId: job.session_id, jobId: job.id, signal })) {
      view.event(event);
      if (mayRest(event)) now = await api.call('getJob', { params: { job_id: job.id } });
      if (exitCodeOf(now.status) !== undefined && event.seq >= now.seq) over.abort();
    }
    return now;
  } finally {
    stopTicking();
    view.end();
  }
}

function mayRest({ type, data }: JobEvent): boolean {
  return type === 'job_status' && exitCodeOf(data.status as JobView['status']) !== undefined;
}

function ticking(view: ProgressView, read: () => Promise<JobView>): () => void {
  let ticks = 0;
  const timer = setInterval(() => {
    ticks += 1;
    if (ticks % ticksPerSnapshot !== 0) return view.tick?.();
    read().then(
      (job) => timer.hasRef() && view.snapshot?.(job),
      // Late figures only: an API that stays away ends the reading of the log, which says so.
      () => view.tick?.(),
    );
  }, tickMs);
  return () => clearInterval(timer.unref());
}
