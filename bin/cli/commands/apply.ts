import type { JobView } from '#core/api/views';
import { applyPatch } from '../apply-patch.ts';
import { command } from '../command.ts';
import { connect, connectionOptions } from '../connection.ts';
import { exitCodes } from '../exit-codes.ts';
import { gitLine } from '../git.ts';
import { attemptDiff, attemptOf, jobNamed } from '../job-named.ts';
import { repositoryAt } from '../repository.ts';
import { UsageError } from '../usage-error.ts';
import { attemptOption } from './diff.ts';

export const apply = command({
  summary: 'Apply a job’s diff to your working tree, as a whole or not at all',
  words: ['<job>'],
  options: {
    repo: { type: 'string', value: 'PATH', help: 'the working tree; else the folder you are in' },
    ...attemptOption,
    ...connectionOptions,
  },
  example: 'npm run solve -- apply last --repo ../shop',
  notes: ['A three-way merge: your uncommitted changes stay, and nothing is staged or committed.'],
  async run({ shell, values, words: [name = ''] }) {
    const folder = repositoryAt(shell, values.repo ?? '.');
    const { api } = await connect(shell, values);
    const job = await jobNamed(api, name);
    const { n } = attemptOf(job, values.attempt);
    if (job.base_sha !== null && gitLine(folder, 'cat-file', '-e', `${job.base_sha}^{commit}`) === undefined) {
      const remedy = 'Name the right working tree with --repo, or fetch that commit into it.';
      throw new UsageError(
        '--repo',
        `${folder} does not have commit ${job.base_sha}, which the diff is made on.`,
        remedy,
      );
    }
    const result = applyPatch(folder, await attemptDiff(api, job, n));
    if (!result.applied) {
      shell.err(`The diff of attempt ${n} does not apply to ${folder}; nothing was changed: ${result.reason}.`);
      const toFile = `npm run --silent solve -- diff ${job.id}${values.attempt ? ` --attempt ${n}` : ''} > fix.patch`;
      if (result.reason.includes('conflict in'))
        shell.err(`To have the conflicts marked: ${toFile}, then git apply --3way fix.patch`);
      return exitCodes.doesNotApply.code;
    }
    const { files } = result;
    const what = files.length === 0 ? 'has nothing to change: it is applied already' : 'applied';
    shell.out(
      `The diff of attempt ${n} ${what} in ${folder}\n${files.map((file) => `  ${file}\n`).join('')}${decide(job, n)}`,
    );
    return exitCodes.done.code;
  },
});

/** Applying decides nothing: the job goes on waiting for its review. */
function decide({ id, status, verdict }: JobView, n: number): string {
  if (status !== 'awaiting_review') return '';
  return `The job awaits your decision: npm run solve -- approve ${id}${verdict?.winner === n ? '' : ` --attempt ${n}`}\n`;
}
