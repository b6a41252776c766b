import { PatchbayError } from '#core/errors';
import { IssueId } from '#core/ids';
import type { Issue } from '#core/job/session';
import { caps } from '#core/workflow/limits';

export interface SolveCommand {
  /** As written: an id, `#<number>`, or a 1-based place in the list of issues. */
  issue: string;
  attempts: number;
}

const remedy =
  'Write `/solve <issue> [xN]`, e.g. `/solve 1 x3`: an issue is its id, its #number or its place in the list.';

/**
 * `/solve <issue> [xN]` at the start of a line; undefined when the text has none.
 * @throws PatchbayError unprocessable for one that cannot be read
 */
export function parseSolveCommand(text: string): SolveCommand | undefined {
  const line = /^[ \t]*\/solve\b(.*)$/m.exec(text)?.[1];
  if (line === undefined) return undefined;
  const [, issue, times] = /^\s+(\S+)(?:\s+[x×](\d{1,3}))?\s*$/i.exec(line) ?? [];
  if (issue === undefined) throw refusal('The /solve command is not complete or has something after it.');
  const attempts = times === undefined ? 1 : Number(times);
  if (attempts < 1 || attempts > caps.attempts) throw refusal(`A job has 1 to ${caps.attempts} attempts.`);
  return { issue, attempts };
}

/** @throws PatchbayError unprocessable when the session has no such issue */
export function issueNamed(issues: readonly Issue[], name: string): Issue {
  const found = IssueId.safeParse(name).success
    ? issues.find(({ id }) => id === name)
    : name.startsWith('#')
      ? issues.findLast(({ number }) => String(number) === name.slice(1))
      : issues[/^\d{1,6}$/.test(name) ? Number(name) - 1 : -1];
  if (found !== undefined) return found;
  const known = issues.length === 0 ? 'it has none yet' : `it has ${issues.length}`;
  throw refusal(`This session has no such issue; ${known}.`);
}

function refusal(message: string): PatchbayError {
  return new PatchbayError('unprocessable', message, { remedy, fields: [{ field: 'text', message }] });
}
