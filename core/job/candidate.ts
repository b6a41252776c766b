import type { CrossTests, Evidence, TestReport } from '#core/workflow/runner';
import type { Attempt } from './job.ts';
import { clusterSizes } from './patch-cluster.ts';
import { patchGate } from './patch-gate.ts';
import type { Candidate } from './verdict.ts';

/** An attempt with what is stored of it. */
export interface AttemptEvidence {
  attempt: Attempt;
  patch: string | undefined;
  evidence: Evidence | undefined;
}

/**
 * The scores of all attempts of a round, from evidence of fresh sandboxes alone; an attempt's own tests.json is not
 * looked at.
 */
export function candidatesOf(all: readonly AttemptEvidence[], cross: CrossTests | undefined): Candidate[] {
  const usable = all.filter((one) => gateOf(one) === null);
  const clusters = clusterSizes(new Map(usable.map(({ attempt, patch }) => [attempt.n, patch ?? ''])));
  return all.map((one) => {
    const { attempt, evidence } = one;
    const tests = evidence?.tests ?? null;
    return {
      attempt: attempt.n,
      gate: gateOf(one),
      verified: attempt.verified,
      regressions: regressionsOf(tests),
      removed: removedOf(tests),
      cross: cross === undefined ? null : crossScore(attempt.n, cross),
      fixed: fixedOf(tests),
      tests: tests?.after ?? null,
      cluster: clusters.get(attempt.n) ?? 1,
      files: attempt.diff?.files ?? 0,
      lines: (attempt.diff?.insertions ?? 0) + (attempt.diff?.deletions ?? 0),
      cost_usd: attempt.usage.cost_usd,
    };
  });
}

/** Only a solved attempt is a candidate; the others say why they are out. */
function gateOf({ attempt, patch, evidence }: AttemptEvidence): Candidate['gate'] {
  const { gate } = patchGate(patch, false);
  if (gate !== null) return gate;
  if (evidence?.applies === false) return 'does_not_apply';
  return attempt.status === 'solved' ? null : 'not_verified';
}

/** Per test where the framework tells them apart, else by the exit code of the whole run. */
function regressionsOf(tests: TestReport | null): number {
  if (tests === null) return 0;
  const worse = tests.before === 'passed' && (tests.after === 'failed' || tests.after === 'timed_out');
  return Math.max(tests.regressions.length, worse ? 1 : 0);
}

/** No test at all runs any more: at least one that did is gone. */
function removedOf(tests: TestReport | null): number {
  if (tests === null) return 0;
  const all = (tests.before === 'passed' || tests.before === 'failed') && tests.after === 'inert';
  return Math.max(tests.removed.length, all ? 1 : 0);
}

/** By the exit code too, but not where it is better only because the tests that failed are gone. */
function fixedOf(tests: TestReport | null): number {
  if (tests === null) return 0;
  const { before, after, counts } = tests;
  const better = before === 'failed' && after === 'passed';
  const more = counts === null || counts.after.passed > counts.before.passed;
  return Math.max(tests.fixed.length, better && more ? 1 : 0);
}

/**
 * Share of the reproduction tests that fail on base and pass on this candidate. Null where only its own would speak for
 * it: an attempt is no witness in its own case.
 */
function crossScore(attempt: number, cross: CrossTests): number | null {
  const counting = cross.tests.filter(({ before }) => before === 'failed');
  if (!counting.some(({ by }) => by !== attempt)) return null;
  const passed = counting.filter(({ by, name }) =>
    cross.results.some((r) => r.attempt === attempt && r.by === by && r.test === name && r.outcome === 'passed'),
  );
  return passed.length / counting.length;
}
