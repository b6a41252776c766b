import type { JobView } from '#core/api/views';
import type { ApiClient } from '../../client/api-client.ts';
import { command } from '../command.ts';
import { connect, connectionOptions } from '../connection.ts';
import { exitCodes } from '../exit-codes.ts';
import { attemptLog } from '../follow-log.ts';
import { attemptFile, attemptOf, jobNamed } from '../job-named.ts';
import { printable } from '../printable.ts';
import type { Shell } from '../shell.ts';
import { UsageError } from '../usage-error.ts';
import { attemptOption } from './diff.ts';

export const logs = command({
  summary: 'The log of an attempt, also while it runs: what its agent thought, ran and saw',
  words: ['<job>'],
  options: {
    ...attemptOption,
    follow: { type: 'boolean', help: 'go on until the attempt has ended; Ctrl-C leaves' },
    verify: { type: 'boolean', help: 'the log of its verification in a fresh sandbox, once it has ended' },
    ...connectionOptions,
  },
  example: 'npm run --silent solve -- logs last --attempt 2 --follow',
  async run({ shell, values, words: [name = ''] }) {
    const { api } = await connect(shell, values);
    const job = await jobNamed(api, name);
    const { n } = attemptOf(job, values.attempt);
    if (!values.verify) return await show(shell, api, job, n, values.follow ?? false);
    write(shell, Buffer.from(await attemptFile(api, job, n, 'verify-logs.txt')).toString('utf8'));
    return exitCodes.done.code;
  },
});

async function show(shell: Shell, api: ApiClient, job: JobView, n: number, follow: boolean): Promise<number> {
  const leave = new AbortController();
  const stopListening = shell.onInterrupt(() => leave.abort());
  try {
    const pages = attemptLog(api, { jobId: job.id, n, follow, signal: leave.signal });
    let empty = true;
    let page = await pages.next();
    for (; !page.done; page = await pages.next()) {
      write(shell, page.value);
      empty = false;
    }
    if (leave.signal.aborted) return exitCodes.interrupted.code;
    if (page.value && empty)
      throw new UsageError('<job>', `attempt ${n} of ${job.id} left no log.`, '`status` says why.');
    if (!page.value)
      shell.err(
        `Attempt ${n} is at work: ${empty ? 'its log begins' : 'more follows'} within a minute; --follow waits for it.`,
      );
    return exitCodes.done.code;
  } finally {
    stopListening();
  }
}

function write(shell: Shell, text: string): void {
  shell.out(shell.terminal() ? printable(text) : text);
}
