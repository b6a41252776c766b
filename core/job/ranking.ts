import { counted } from '../counted.ts';
import type { Candidate, Verdict } from './verdict.ts';

/** A score that tells candidates apart: the smaller number is better. */
interface Score {
  name: string;
  of: (candidate: Candidate) => number;
  /** Why the winner won by it, for a person. */
  because: (winner: Candidate, second: Candidate) => string;
}

const scores: readonly Score[] = [
  {
    name: 'gate',
    of: ({ gate }) => (gate === null ? 0 : 1),
    because: (winner) => `Attempt ${winner.attempt} is the only one with a usable patch.`,
  },
  {
    name: 'verified',
    of: ({ verified }) => (verified ? 0 : 1),
    because: (winner) => `Attempt ${winner.attempt} was verified in a fresh sandbox, the others were not.`,
  },
  {
    name: 'regressions',
    of: ({ regressions }) => regressions,
    because: (winner, second) =>
      `Attempt ${winner.attempt} breaks ${tests(winner.regressions)} that passed before, the next one ${second.regressions}.`,
  },
  {
    name: 'cross_tests',
    of: ({ cross }) => -(cross ?? 0),
    because: (winner, second) =>
      `Attempt ${winner.attempt} passes ${percent(winner.cross)} of the reproduction tests of all attempts, the next one ${percent(second.cross)}.`,
  },
  {
    name: 'fixed_tests',
    of: ({ fixed }) => -fixed,
    because: (winner, second) =>
      `Attempt ${winner.attempt} fixes ${tests(winner.fixed)} that failed before, the next one ${second.fixed}.`,
  },
  // Only after what it fixes: many issues ask for a test to go, and none for nothing to be done.
  {
    name: 'removed_tests',
    of: ({ removed }) => removed ?? 0,
    because: (winner, second) =>
      `Attempt ${winner.attempt} leaves out ${tests(winner.removed ?? 0)} that passed before, the next one ${second.removed ?? 0}.`,
  },
  {
    name: 'agreement',
    of: ({ cluster }) => -cluster,
    because: (winner) => `${winner.cluster} attempts found the same solution as attempt ${winner.attempt}.`,
  },
  {
    name: 'files',
    of: ({ files }) => files,
    because: (winner, second) =>
      `With equal evidence attempt ${winner.attempt} changes ${counted(winner.files, 'file')}, the next one ${second.files}.`,
  },
  {
    name: 'lines',
    of: ({ lines }) => lines,
    because: (winner, second) =>
      `With equal evidence attempt ${winner.attempt} changes ${counted(winner.lines, 'line')}, the next one ${second.lines}.`,
  },
  {
    name: 'cost',
    of: ({ cost_usd }) => cost_usd,
    because: (winner) => `With equal evidence and size attempt ${winner.attempt} cost less.`,
  },
  {
    name: 'attempt',
    of: ({ attempt }) => attempt,
    because: (winner) => `All scores are equal; attempt ${winner.attempt} comes first.`,
  },
];

export type Ranked = Pick<Verdict, 'winner' | 'ranking' | 'decided_by' | 'reason'>;

/**
 * Ranks candidates by evidence, in a total order: the same candidates give the same ranking, in whatever order they
 * come. Cross tests count only if every usable candidate has a score of them; a missing one is no evidence against it.
 */
export function rankCandidates(candidates: readonly Candidate[]): Ranked {
  const usable = candidates.filter(({ gate }) => gate === null);
  const crossCounts = usable.every(({ cross }) => cross !== null);
  const counting = scores.filter(({ name }) => name !== 'cross_tests' || crossCounts);
  const ranking = candidates.toSorted((a, b) => difference(counting, a, b)?.by ?? 0);
  const [winner, second] = ranking;
  if (winner === undefined || winner.gate !== null) {
    return { winner: null, ranking, decided_by: 'gate', reason: 'No attempt left a usable patch.' };
  }
  if (second === undefined) {
    const reason = winner.verified
      ? `Attempt ${winner.attempt} is the only one; its patch applies in a fresh sandbox.`
      : `Attempt ${winner.attempt} is the only one; its patch could not be verified.`;
    return { winner: winner.attempt, ranking, decided_by: 'only_candidate', reason: withTests(reason, winner) };
  }
  const decisive = difference(counting, winner, second)?.score;
  return {
    winner: winner.attempt,
    ranking,
    decided_by: decisive?.name ?? 'attempt',
    reason: withTests(decisive?.because(winner, second) ?? '', winner),
  };
}

const testsSaid: Partial<Record<NonNullable<Candidate['tests']>, string>> = {
  passed: ' The project’s tests pass with it.',
  failed: ' Tests of the project fail with it.',
  timed_out: ' The project’s tests did not end in time with it.',
};

/** Verified is not good: best of all may still be an attempt whose tests fail. That there are none is a note of the verdict. */
function withTests(reason: string, { verified, tests: how }: Candidate): string {
  return reason + ((verified && how !== null && testsSaid[how]) || '');
}

/** The first score in which two candidates differ. */
function difference(counting: readonly Score[], a: Candidate, b: Candidate): { score: Score; by: number } | undefined {
  for (const score of counting) {
    const by = score.of(a) - score.of(b);
    if (by !== 0) return { score, by };
  }
  return undefined;
}

function tests(count: number): string {
  return count === 0 ? 'no test' : counted(count, 'test');
}

function percent(share: number | null): string {
  return `${Math.round((share ?? 0) * 100)} %`;
}
