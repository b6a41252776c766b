import { command } from '../command.ts';
import { connect, connectionOptions } from '../connection.ts';
import { exitCodes } from '../exit-codes.ts';
import { attemptFile, attemptOf, jobNamed } from '../job-named.ts';
import { printable } from '../printable.ts';
import { attemptOption } from './diff.ts';

export const logs = command({
  summary: 'The log of an attempt: what its agent thought, ran and saw',
  words: ['<job>'],
  options: {
    ...attemptOption,
    verify: { type: 'boolean', help: 'the log of its verification in a fresh sandbox' },
    ...connectionOptions,
  },
  example: 'npm run --silent solve -- logs last --attempt 2',
  async run({ shell, values, words: [name = ''] }) {
    const { api } = await connect(shell, values);
    const job = await jobNamed(api, name);
    const { n } = attemptOf(job, values.attempt);
    const file = values.verify ? 'verify-logs.txt' : 'logs.txt';
    const text = Buffer.from(await attemptFile(api, job, n, file)).toString('utf8');
    shell.out(shell.terminal() ? printable(text) : text);
    return exitCodes.done.code;
  },
});
