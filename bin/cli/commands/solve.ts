import { randomUUID } from 'node:crypto';
import type { JobView } from '#core/api/views';
import { isReplay } from '#core/models';
import { acceptedLine } from '../accepted-line.ts';
import { command } from '../command.ts';
import { type Connection, connect, connectionOptions, socketOption } from '../connection.ts';
import { type IssueText, readIssue } from '../issue-text.ts';
import { oneLine } from '../printable.ts';
import { type ChosenRepository, chooseRepository, requireRepository } from '../repository.ts';
import { readSolveOptions, solveOptions } from '../solve-options.ts';
import { UsageError } from '../usage-error.ts';
import { watchJob } from '../watch-job.ts';

/** Files an issue against a repository, solves it, and shows the job until it is at rest. */
export const solve = command({
  summary: 'Solve an issue of a repository',
  words: [],
  options: {
    repo: {
      type: 'string',
      value: 'PATH|URL',
      help: 'needed: a folder (its HEAD goes onto the laptop’s git host) or a clone URL; a GitHub issue names its own',
    },
    issue: {
      type: 'string',
      value: 'TEXT|FILE|-|URL',
      help: 'needed: what is wrong; a text, a file, standard input, the address of a GitHub issue',
    },
    title: { type: 'string', value: 'TEXT', help: 'else the first line of the issue' },
    ref: {
      type: 'string',
      value: 'REF',
      help: 'branch, tag or commit; else HEAD of a folder, the default branch of a URL',
    },
    ...solveOptions,
    json: { type: 'boolean', help: 'one JSON object a line: {"accepted"}, {"event"} …, then {"job"}' },
    ...connectionOptions,
    ...socketOption,
  },
  example: 'npm run solve -- --repo ../shop --issue "Totals are rounded twice" --test-command "npm test"',
  notes: ['Ctrl-C cancels the job and waits for its end; a second one leaves at once. npm itself then ends with 130.'],
  async run({ shell, values }) {
    const options = readSolveOptions(values);
    const issue = await readIssue(shell, values.issue, values.title);
    const named = requireRepository(values.repo ?? issue.repository);
    const connection = await connect(shell, values);
    const repository = await chooseRepository(shell, { repo: named, ref: values.ref }, connection);
    if (!values.model) await requireModel(connection);
    const job = await requestJob(connection, { issue, repository, options });
    shell.out(
      values.json
        ? acceptedLine(job)
        : `Repository  ${repository.shown}\nIssue       ${oneLine(issue.title, 120)}\nJob         ${job.id}\n`,
    );
    return watchJob(shell, connection, job, { json: values.json === true, cancels: true });
  },
});

/** A recording only fits the repository that it was made for. @throws UsageError when that is all that a job would get */
async function requireModel({ api }: Connection): Promise<void> {
  const { default_model } = await api.call('listModels', {});
  if (!isReplay(default_model)) return;
  const remedy =
    'Set a key and MODEL=provider/name before `npm start`, or give --model; `npm run models -- check --help` says which keys.';
  throw new UsageError('--model', `the default model, ${default_model}, is a recording for \`npm run demo\`.`, remedy);
}

interface Requested {
  issue: IssueText;
  repository: ChosenRepository;
  options: ReturnType<typeof readSolveOptions>;
}

async function requestJob({ api }: Connection, { issue, repository, options }: Requested): Promise<JobView> {
  const { title, body, number, url } = issue;
  const session = await api.call('createSession', { body: { title: title.slice(0, 200) } });
  const filed = await api.call('createIssue', {
    params: { id: session.id },
    body: {
      title,
      body,
      ...(number !== undefined && { number }),
      ...(url !== undefined && { url }),
      repository: { url: repository.url, ...(repository.ref !== undefined && { ref: repository.ref }) },
    },
  });
  const { job } = await api.call('solve', {
    params: { id: session.id, issue_id: filed.id },
    body: options,
    idempotencyKey: randomUUID(),
  });
  return job;
}
