import { hasJobEnded } from '#core/job/lifecycle';
import { acceptedLine } from '../accepted-line.ts';
import { command } from '../command.ts';
import { connect, connectionOptions, socketOption } from '../connection.ts';
import { jobNamed } from '../job-named.ts';
import { watchJob } from '../watch-job.ts';

export const retry = command({
  summary: 'Solve the issue of an ended job once more, with the same options, and follow the new job',
  words: ['<job>'],
  options: {
    json: { type: 'boolean', help: 'one JSON object a line: {"accepted"}, {"event"} …, then {"job"}' },
    ...connectionOptions,
    ...socketOption,
  },
  example: 'npm run solve -- retry last',
  notes: [
    'A job is retried once: again, and it follows the job that this made, which can be retried itself.',
    'Ctrl-C cancels the new job and waits for its end; a second one leaves at once.',
  ],
  async run({ shell, values, words: [name = ''] }) {
    const connection = await connect(shell, values);
    const { id } = await jobNamed(connection.api, name);
    const { job } = await connection.api.call('retryJob', { params: { job_id: id } });
    if (hasJobEnded(job.status))
      shell.err(`Job ${id} was retried before, and that job has ended: npm run solve -- retry ${job.id}`);
    shell.out(values.json ? acceptedLine(job) : `Retries     ${id}\nJob         ${job.id}\n`);
    return watchJob(shell, connection, job, { json: values.json === true, cancels: true });
  },
});
