import type { JobView } from '#core/api/views';
import { hasAttemptEnded } from '#core/job/lifecycle';
import { command, jsonOption } from '../command.ts';
import { connect, connectionOptions } from '../connection.ts';
import { exitCodes } from '../exit-codes.ts';
import { attemptOf, jobNamed } from '../job-named.ts';

export const cancel = command({
  summary: 'Cancel a job, or one attempt of it; what they have so far is kept',
  words: ['<job>'],
  options: {
    attempt: { type: 'string', value: 'N', help: 'this one alone: the others go on' },
    ...jsonOption,
    ...connectionOptions,
  },
  example: 'npm run solve -- cancel last',
  async run({ shell, values, words: [name = ''] }) {
    const { api } = await connect(shell, values);
    const named = await jobNamed(api, name);
    if (values.attempt !== undefined) {
      const { n } = attemptOf(named, values.attempt);
      const job = await api.call('cancelAttempt', { params: { job_id: named.id, n: String(n) } });
      shell.out(
        values.json ? `${JSON.stringify(job)}\n` : `Attempt ${n} of job ${job.id} is cancelled: ${rest(job)}.\n`,
      );
      return exitCodes.done.code;
    }
    const job = await api.call('cancelJob', { params: { job_id: named.id } });
    const how = job.status === 'cancelled' ? 'is cancelled' : `is ${job.status}: its attempts store what they have`;
    shell.out(values.json ? `${JSON.stringify(job)}\n` : `Job ${job.id} ${how}.\n`);
    return exitCodes.done.code;
  },
});

/** What becomes of the job now. */
function rest({ status, attempts, round }: JobView): string {
  const going = attempts.filter((one) => one.round === round && !hasAttemptEnded(one.status));
  const numbers = going.map(({ n }) => n).join(', ');
  if (going.length > 0) return going.length === 1 ? `attempt ${numbers} goes on` : `attempts ${numbers} go on`;
  return `the job is ${status.replace('_', ' ')}, and no other attempt of it is at work`;
}
