import * as z from 'zod';
import type { IssueText } from './issue-text.ts';
import { UsageError } from './usage-error.ts';

interface Address {
  repository: string;
  number: number;
}

/** `https://github.com/<owner>/<name>/issues/<number>`; undefined for anything else. */
export function githubIssue(given: string): Address | undefined {
  const [, repository, number] =
    /^https:\/\/github\.com\/([\w.-]+\/[\w.-]+)\/issues\/(\d+)(?:[?#]\S*)?$/.exec(given) ?? [];
  return repository === undefined ? undefined : { repository, number: Number(number) };
}

/** https://docs.github.com/rest/issues/issues#get-an-issue */
const Answer = z.object({ title: z.string(), body: z.string().nullable(), html_url: z.url() });

/** @param token raises the rate limit and opens private repositories @throws UsageError with what GitHub answered */
export async function fetchGithubIssue({ repository, number }: Address, token?: string): Promise<IssueText> {
  const url = `https://api.github.com/repos/${repository}/issues/${number}`;
  const headers = { accept: 'application/vnd.github+json', ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(20_000) }).catch((cause: Error) => {
    throw new UsageError(
      '--issue',
      `GitHub cannot be reached (${(cause.cause as NodeJS.ErrnoException | undefined)?.code ?? cause.message}).`,
      'Give the text of the issue instead.',
    );
  });
  if (!response.ok) {
    const remedy =
      'For a private repository, or once the rate limit is used up, set GITHUB_TOKEN; or give the text of the issue instead.';
    throw new UsageError('--issue', `GitHub answered ${response.status} for ${url}.`, remedy);
  }
  const { title, body, html_url } = Answer.parse(await response.json());
  return { title, body: body ?? '', number, url: html_url, repository: `https://github.com/${repository}` };
}
