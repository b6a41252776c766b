import type { JobView } from '#core/api/views';
import type { Connection } from './connection.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { followToRest } from './follow-to-rest.ts';
import { jobReport } from './job-report.ts';
import { unpricedModels } from './model-cost.ts';
import { type ProgressView, progressView } from './progress-view.ts';
import type { Shell } from './shell.ts';

/**
 * Shows a job until it is at rest. The first Ctrl-C cancels it where that is wanted, and leaves at once where not; the
 * second leaves. @returns the exit code of its outcome
 */
export async function watchJob(
  shell: Shell,
  connection: Connection,
  job: JobView,
  options: { json: boolean; cancels: boolean },
): Promise<number> {
  const leave = new AbortController();
  const prices = options.json ? Promise.resolve(() => false) : unpricedModels(connection.api);
  const view = progressView(shell, job, { ...options, prices });
  let presses = 0;
  const stopListening = shell.onInterrupt(() => {
    presses += 1;
    if (options.cancels && presses === 1) return cancel(view, connection, job.id);
    leave.abort();
  });
  try {
    // Not waiting for an answer of the API that is on its way: leaving is at once.
    const ended = await Promise.race([followToRest(connection, job, view, leave.signal), aborted(leave.signal)]);
    if (ended === undefined) {
      view.end();
      return left(shell, job.id, presses > 1);
    }
    shell.out(options.json ? `${JSON.stringify({ job: ended })}\n` : `\n${jobReport(ended, await prices)}`);
    return exitCodeOf(ended.status) ?? exitCodes.refused.code;
  } finally {
    stopListening();
  }
}

/** The end comes through the log like any other. */
function cancel(view: ProgressView, { api }: Connection, jobId: string): void {
  const say = (line: string) => view.say(line, 'Ctrl-C leaves');
  say(`Cancelling job ${jobId}: it ends with what there is. Ctrl-C again leaves at once.`);
  api.call('cancelJob', { params: { job_id: jobId } }).catch((error: Error) => say(`Not cancelled: ${error.message}`));
}

function left(shell: Shell, jobId: string, cancelling: boolean): number {
  const state = cancelling ? 'is being cancelled' : 'goes on';
  shell.err(`Left; job ${jobId} ${state}: npm run solve -- watch ${jobId}`);
  return exitCodes.interrupted.code;
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }));
}
