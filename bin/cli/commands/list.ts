import type { JobView } from '#core/api/views';
import { jobStatuses } from '#core/job/lifecycle';
import type { ApiClient } from '../../client/api-client.ts';
import { command, jsonOption } from '../command.ts';
import { connect, connectionOptions } from '../connection.ts';
import { exitCodes } from '../exit-codes.ts';
import { table, usd } from '../figures.ts';
import { oneLine } from '../printable.ts';
import { UsageError } from '../usage-error.ts';

export const list = command({
  summary: 'Your jobs, newest first',
  words: [],
  options: {
    status: { type: 'string', value: 'STATUS', help: `only these: ${jobStatuses.join(', ')}` },
    limit: { type: 'string', value: 'N', help: 'at most so many, 1 to 100; 20 unless given' },
    ...jsonOption,
    ...connectionOptions,
  },
  example: 'npm run solve -- list --status awaiting_review',
  async run({ shell, values }) {
    const status = jobStatuses.find((known) => known === values.status);
    if (values.status !== undefined && status === undefined)
      throw new UsageError(
        '--status',
        `there is no status "${values.status}".`,
        `Choose one of ${jobStatuses.join(', ')}.`,
      );
    const limit = Number(values.limit ?? 20);
    if (!Number.isInteger(limit) || limit < 1 || limit > 100)
      throw new UsageError('--limit', `"${values.limit}" is not from 1 to 100.`, 'For example: --limit 50.');
    const { api } = await connect(shell, values);
    const { jobs } = await api.call('listJobs', { query: { limit, status } });
    if (values.json) shell.out(`${JSON.stringify(jobs)}\n`);
    else shell.out(jobs.length === 0 ? 'No jobs.\n' : `${(await rows(api, jobs)).join('\n')}\n`);
    return exitCodes.done.code;
  },
});

async function rows(api: ApiClient, jobs: readonly JobView[]): Promise<string[]> {
  const titles = await Promise.all(
    jobs.map(async ({ session_id, issue_id }) => {
      const issue = await api.call('getIssue', { params: { id: session_id, issue_id } });
      return oneLine(issue.title, 60);
    }),
  );
  return table(
    jobs.map(({ id, status, attempts, cost_usd, created_at }, index) => [
      id,
      status,
      `x${attempts.length}`,
      usd(cost_usd),
      created_at.slice(0, 16).replace('T', ' '),
      titles[index] ?? '',
    ]),
  );
}
