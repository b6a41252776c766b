import { counted } from '../counted.ts';
import type { ChangedTests } from './patch-tests.ts';
import type { Candidate } from './verdict.ts';

const mostNames = 5;
const longestName = 80;

/** What became of the tests under a patch: from its text, and from the evidence of a fresh sandbox. */
interface TestsUnder {
  candidate: Pick<Candidate, 'attempt' | 'removed' | 'tests'>;
  changed: ChangedTests | undefined;
}

/**
 * Where a reviewer should look, with names. No judgement: to change a test may be just what the issue asks for.
 * @param names of the tests that passed before and no longer run
 */
export function testNotes({ candidate, changed }: TestsUnder, names: readonly string[]): string[] {
  const subject = `Attempt ${candidate.attempt}`;
  const gone = goneTests(candidate);
  return [
    ...changes(changed).map((what) => `${subject} ${what}${listed(changed?.paths ?? [], changed?.files ?? 0)}.`),
    ...gone.map((what) => `${subject}: ${what}${listed(names, candidate.removed ?? 0)}.`),
  ];
}

/** The same in one line, by numbers alone: names are words of the repository, and a chat line has none of those. */
export function testCounts({ candidate, changed }: TestsUnder): string | undefined {
  const parts = [...changes(changed).map((what) => `the diff ${what}`), ...goneTests(candidate)];
  return parts.length === 0 ? undefined : parts.join('; ');
}

function changes(changed: ChangedTests | undefined): string[] {
  if (changed === undefined || changed.files === 0) return [];
  const { files, lines_removed } = changed;
  return [`changes ${counted(files, 'existing test file')} (${counted(lines_removed, 'line')} removed)`];
}

function goneTests({ removed = 0, tests }: TestsUnder['candidate']): string[] {
  if (removed === 0) return [];
  if (tests === 'inert') return ['the tests that ran before do not run any more'];
  return [`${counted(removed, 'test')} that passed before no longer ${removed === 1 ? 'runs' : 'run'}`];
}

function listed(names: readonly string[], total: number): string {
  if (names.length === 0) return '';
  const shown = names.slice(0, mostNames).map((name) => name.replace(/\s+/g, ' ').slice(0, longestName));
  return `: ${[...shown, ...(total > shown.length ? ['…'] : [])].join(', ')}`;
}
