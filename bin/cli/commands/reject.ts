import { command, jsonOption } from '../command.ts';
import { connect, connectionOptions } from '../connection.ts';
import { exitCodes } from '../exit-codes.ts';
import { jobNamed } from '../job-named.ts';
import { commentOf, commentOption } from './approve.ts';

export const reject = command({
  summary: 'Reject a job that awaits review; what it left stays readable',
  words: ['<job>'],
  options: { ...commentOption, ...jsonOption, ...connectionOptions },
  example: 'npm run solve -- reject last --comment "It hides the cause"',
  notes: ['The first decision stays; `retry` has the issue solved once more.'],
  async run({ shell, values, words: [name = ''] }) {
    const { api } = await connect(shell, values);
    const { comment, json } = values;
    const { id } = await jobNamed(api, name);
    const body = { decision: 'reject', ...commentOf(comment) } as const;
    const job = await api.call('reviewJob', { params: { job_id: id }, body });
    shell.out(json ? `${JSON.stringify(job)}\n` : `Job ${job.id} is rejected.\n`);
    return exitCodes.done.code;
  },
});
