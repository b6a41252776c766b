import { caps } from '#core/workflow/limits';
import { command, jsonOption } from '../command.ts';
import { connect, connectionOptions } from '../connection.ts';
import { exitCodes } from '../exit-codes.ts';
import { attemptOf, jobNamed } from '../job-named.ts';
import { UsageError } from '../usage-error.ts';

/** What a decision may say beside itself. */
export const commentOption = {
  comment: { type: 'string', value: 'TEXT', help: 'why, for whoever reads the job; up to 2,000 characters' },
} as const;

/** As a part of the request. @throws UsageError where the API would not take it */
export function commentOf(comment: string | undefined): { comment?: string } {
  if (comment === undefined) return {};
  const most = caps.reviewComment.toLocaleString('en');
  if (comment.trim() === '') throw new UsageError('--comment', 'there is nothing in it.', 'Say why, or leave it out.');
  if (comment.length > caps.reviewComment)
    throw new UsageError('--comment', 'is too long.', `At most ${most} characters are taken.`);
  return { comment };
}

export const approve = command({
  summary: 'Approve a job that awaits review: it is completed',
  words: ['<job>'],
  options: {
    attempt: { type: 'string', value: 'N', help: 'the diff of this one; else the winner’s' },
    ...commentOption,
    ...jsonOption,
    ...connectionOptions,
  },
  example: 'npm run solve -- approve last --comment "Small and tested"',
  notes: [
    'Nothing is published or changed anywhere: `apply` brings the diff to your working tree. The first decision stays.',
  ],
  async run({ shell, values, words: [name = ''] }) {
    const { api } = await connect(shell, values);
    const { attempt, comment, json } = values;
    const named = await jobNamed(api, name);
    const job = await api.call('reviewJob', {
      params: { job_id: named.id },
      body: {
        decision: 'approve',
        ...(attempt !== undefined && { attempt: attemptOf(named, attempt).n }),
        ...commentOf(comment),
      },
    });
    const said = `Job ${job.id} is completed: attempt ${job.review?.attempt} is approved, nothing is published.`;
    shell.out(`${json ? JSON.stringify(job) : said}\n`);
    return exitCodes.done.code;
  },
});
