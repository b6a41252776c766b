import { PlanFile } from '#core/workflow/runner';
import { command, jsonOption } from '../command.ts';
import { connect, connectionOptions } from '../connection.ts';
import { exitCodes } from '../exit-codes.ts';
import { attemptFile, attemptOf, jobNamed } from '../job-named.ts';
import { printable } from '../printable.ts';
import { attemptOption } from './diff.ts';

export const plan = command({
  summary: 'The plan of an attempt',
  words: ['<job>'],
  options: { ...attemptOption, ...jsonOption, ...connectionOptions },
  example: 'npm run solve -- plan last',
  async run({ shell, values, words: [name = ''] }) {
    const { api } = await connect(shell, values);
    const job = await jobNamed(api, name);
    const { n } = attemptOf(job, values.attempt);
    const text = Buffer.from(await attemptFile(api, job, n, 'plan.json')).toString('utf8');
    shell.out(values.json ? `${text.trimEnd()}\n` : printable(planText(PlanFile.parse(JSON.parse(text)))));
    return exitCodes.done.code;
  },
});

function planText({ summary, root_cause, files, steps, risks, questions }: PlanFile): string {
  const section = (title: string, lines: string[]) =>
    lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
  return `${[
    summary,
    ...section('Cause', root_cause ? [root_cause] : []),
    ...section(
      'Steps',
      steps.map(({ id, title, detail }) => `${id}. ${title}${detail ? `: ${detail}` : ''}`),
    ),
    ...section(
      'Files',
      files.map(({ path, change, why }) => `${change} ${path}${why ? `: ${why}` : ''}`),
    ),
    ...section('Risks', risks),
    ...section('Questions', questions),
  ].join('\n')}\n`;
}
