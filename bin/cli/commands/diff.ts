import { styleText } from 'node:util';
import { command } from '../command.ts';
import { connect, connectionOptions } from '../connection.ts';
import { exitCodes } from '../exit-codes.ts';
import { attemptDiff, attemptOf, jobNamed } from '../job-named.ts';
import { printable } from '../printable.ts';

/** Which attempt a file is of: shared by every command that shows one. */
export const attemptOption = {
  attempt: { type: 'string', value: 'N', help: 'else the winner, or the only one' },
} as const;

export const diff = command({
  summary: 'The diff of a job’s winner',
  words: ['<job>'],
  options: { ...attemptOption, ...connectionOptions },
  example: 'npm run --silent solve -- diff last > fix.patch',
  async run({ shell, values, words: [name = ''] }) {
    const { api } = await connect(shell, values);
    const job = await jobNamed(api, name);
    const { n } = attemptOf(job, values.attempt);
    const text = Buffer.from(await attemptDiff(api, job, n)).toString('utf8');
    shell.out(shell.terminal() ? coloured(printable(text)) : text);
    return exitCodes.done.code;
  },
});

function coloured(text: string): string {
  return text.replace(/^(\+|-|@@|diff ).*$/gm, (line, sign: string) => {
    if (sign === 'diff ') return styleText('bold', line);
    return styleText(sign === '+' ? 'green' : sign === '-' ? 'red' : 'cyan', line);
  });
}
