import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { caps } from '#core/workflow/limits';
import { fetchGithubIssue, githubIssue } from './github-issue.ts';
import type { Shell } from './shell.ts';
import { UsageError } from './usage-error.ts';

export interface IssueText {
  title: string;
  body: string;
  number?: number;
  url?: string;
  /** Where the issue is from, when it says so: what `--repo` is without the option. */
  repository?: string;
}

const forms = '--issue takes a text in quotes, a file, - for standard input, or the address of a GitHub issue.';

/** @param given what `--issue` says: a text, a file, `-`, or an address @throws UsageError */
export async function readIssue(
  shell: Shell,
  given: string | undefined,
  title: string | undefined,
): Promise<IssueText> {
  if (given === undefined) throw new UsageError('--issue', 'is missing.', forms);
  const issue = await issueAt(shell, given, title);
  const { issueTitle, issueBody } = caps;
  const remedy = (what: string, most: number) =>
    `At most ${most.toLocaleString('en')} characters of ${what} are taken.`;
  if (issue.title === '') throw new UsageError('--title', 'there is nothing in it.', 'Give the issue a title.');
  if (issue.title.length > issueTitle) throw new UsageError('--title', 'is too long.', remedy('a title', issueTitle));
  if (issue.body.length > issueBody)
    throw new UsageError('--issue', 'is too long.', `${remedy('an issue', issueBody)} Keep what shows what is wrong.`);
  return issue;
}

async function issueAt(shell: Shell, given: string, title: string | undefined): Promise<IssueText> {
  const address = githubIssue(given);
  if (address) return { ...(await fetchGithubIssue(address, shell.env.GITHUB_TOKEN)), ...(title && { title }) };
  if (/^https?:\/\/\S+$/.test(given)) throw new UsageError('--issue', `${given} is no GitHub issue.`, forms);
  const text = (await textOf(shell, given)).replaceAll('\r\n', '\n').trim();
  if (text === '') throw new UsageError('--issue', 'there is nothing in it.', forms);
  return titled(text, title);
}

async function textOf(shell: Shell, given: string): Promise<string> {
  if (given === '-') {
    const input = await shell.input();
    if (input === undefined)
      throw new UsageError('--issue', 'standard input is the terminal.', `Pipe the text in. ${forms}`);
    return input;
  }
  const path = resolve(shell.cwd, given);
  if (!given.includes('\n') && existsSync(path) && statSync(path).isFile()) return readFileSync(path, 'utf8');
  if (/^\S+\.(md|txt)$|^\.{0,2}\/\S+$/.test(given)) throw new UsageError('--issue', `there is no file ${path}.`, forms);
  return given;
}

/** The first line is the title unless one is given; what does not fit into a title stays in the body. */
function titled(text: string, title: string | undefined): IssueText {
  if (title !== undefined) return { title, body: text };
  const [line = '', ...rest] = text.split('\n');
  const first = line.replace(/^#+\s*/, '').trim();
  if (first.length <= caps.issueTitle) return { title: first, body: rest.join('\n').trim() };
  return { title: `${first.slice(0, caps.issueTitle - 1)}…`, body: text };
}
