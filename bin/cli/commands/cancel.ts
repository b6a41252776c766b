import { command, jsonOption } from '../command.ts';
import { connect, connectionOptions } from '../connection.ts';
import { exitCodes } from '../exit-codes.ts';
import { jobNamed } from '../job-named.ts';

export const cancel = command({
  summary: 'Cancel a job; what its attempts have so far is kept',
  words: ['<job>'],
  options: { ...jsonOption, ...connectionOptions },
  example: 'npm run solve -- cancel last',
  async run({ shell, values, words: [name = ''] }) {
    const { api } = await connect(shell, values);
    const { id } = await jobNamed(api, name);
    const job = await api.call('cancelJob', { params: { job_id: id } });
    const how = job.status === 'cancelled' ? 'is cancelled' : `is ${job.status}: its attempts store what they have`;
    shell.out(values.json ? `${JSON.stringify(job)}\n` : `Job ${id} ${how}.\n`);
    return exitCodes.done.code;
  },
});
