import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AttemptEvidence, candidatesOf } from '#core/job/candidate';
import { rankCandidates } from '#core/job/ranking';
import { Candidate } from '#core/job/verdict';
import type { CrossTests } from '#core/workflow/runner';
import { anAttempt } from '#test/support/builders';
import { aTestReport, patch } from '#test/support/runner-scripts';

const aCandidate = (attempt: number, overrides: Partial<Candidate> = {}): Candidate => ({
  attempt,
  gate: null,
  verified: true,
  regressions: 0,
  cross: null,
  fixed: 1,
  tests: 'passed',
  cluster: 1,
  files: 1,
  lines: 10,
  cost_usd: 0.1,
  ...overrides,
});

describe('the ranking', () => {
  // Each row: what the second candidate is worse in, and better in everything that comes later.
  it.each<[string, Partial<Candidate>, Partial<Candidate>]>([
    ['gate', {}, { gate: 'does_not_apply' }],
    ['verified', {}, { verified: false }],
    ['regressions', { regressions: 1 }, { regressions: 2, cross: 1, fixed: 9 }],
    ['cross_tests', { cross: 0.9 }, { cross: 0.8, fixed: 9, cluster: 3 }],
    ['fixed_tests', { fixed: 2 }, { fixed: 1, cluster: 3, files: 0 }],
    ['removed_tests', { removed: 1 }, { removed: 2, cluster: 3, files: 0 }],
    ['agreement', { cluster: 2 }, { cluster: 1, files: 0, lines: 1 }],
    ['files', { files: 1 }, { files: 2, lines: 1, cost_usd: 0 }],
    ['lines', { lines: 3 }, { lines: 4, cost_usd: 0 }],
    ['cost', { cost_usd: 0.01 }, { cost_usd: 0.02 }],
  ])('is decided by %s before all that follow', (name, better, worse) => {
    const cross = { cross: 0.5 };

    const verdict = rankCandidates([aCandidate(1, { ...cross, ...worse }), aCandidate(2, { ...cross, ...better })]);

    expect(verdict).toMatchObject({ winner: 2, decided_by: name });
    expect(verdict.reason).toMatch(/attempt 2/i);
  });

  it('takes the first of equals, and the only one without comparison', () => {
    expect(rankCandidates([aCandidate(2), aCandidate(1)])).toMatchObject({ winner: 1, decided_by: 'attempt' });
    expect(rankCandidates([aCandidate(4)])).toMatchObject({ winner: 4, decided_by: 'only_candidate' });
  });

  it('that alone is there says how the tests end with it: a verified patch may fail them', () => {
    const reasonWith = (tests: Candidate['tests']) => rankCandidates([aCandidate(1, { tests })]).reason;

    expect(reasonWith('failed')).toContain('Tests of the project fail with it.');
    expect(reasonWith('passed')).toContain('The project’s tests pass with it.');
    expect(reasonWith(null)).toMatch(/in a fresh sandbox\.$/);
  });

  it('has no winner when no candidate passes the gates', () => {
    const verdict = rankCandidates([aCandidate(1, { gate: 'empty' }), aCandidate(2, { gate: 'secret' })]);

    expect(verdict.winner).toBeNull();
    expect(rankCandidates([]).winner).toBeNull();
  });

  it('leaves cross tests out when one usable candidate has no score of them', () => {
    const verdict = rankCandidates([aCandidate(1, { cross: null }), aCandidate(2, { cross: 1, lines: 11 })]);

    expect(verdict).toMatchObject({ winner: 1, decided_by: 'lines' });
  });

  it('counts cross tests although a candidate that is out has none', () => {
    const all = [aCandidate(1, { cross: 0.1 }), aCandidate(2, { cross: 0.2 }), aCandidate(3, { gate: 'empty' })];

    expect(rankCandidates(all)).toMatchObject({ winner: 2, decided_by: 'cross_tests' });
  });

  it('is the same in whatever order the candidates come', () => {
    const candidate = (attempt: number) =>
      fc.record({
        attempt: fc.constant(attempt),
        gate: fc.constantFrom(null, null, 'empty' as const),
        verified: fc.boolean(),
        regressions: fc.nat(2),
        removed: fc.nat(1),
        cross: fc.constantFrom(null, 0, 0.5, 1),
        fixed: fc.nat(2),
        tests: fc.constant('passed' as const),
        cluster: fc.integer({ min: 1, max: 2 }),
        files: fc.nat(2),
        lines: fc.nat(2),
        cost_usd: fc.constantFrom(0, 0.1),
      });
    const shuffled = fc
      .tuple(candidate(1), candidate(2), candidate(3), candidate(4))
      .chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: 4 })));

    fc.assert(
      fc.property(shuffled, ([all, other]) => {
        expect(rankCandidates(other)).toEqual(rankCandidates(all));
      }),
    );
  });
});

describe('a candidate', () => {
  const solved = (n: number, overrides: Partial<AttemptEvidence> = {}): AttemptEvidence => ({
    attempt: anAttempt({
      n,
      status: 'solved',
      verified: true,
      diff: { files: 1, insertions: 2, deletions: 1, sha256: '0', bytes: 9 },
    }),
    patch: patch(),
    evidence: undefined,
    ...overrides,
  });
  const evidence = (tests: Parameters<typeof aTestReport>[0], applies = true) => ({
    version: 1 as const,
    attempt: 1,
    base_sha: '',
    patch_sha256: '',
    applies,
    apply_error: null,
    setup: null,
    tests: aTestReport(tests),
    repro: [],
    changes: null,
    complete: true,
  });

  it('takes regressions and fixed tests by name, or by exit code where there are no names', () => {
    const counts = (tests: Parameters<typeof aTestReport>[0]) => {
      const [one] = candidatesOf([solved(1, { evidence: evidence(tests) })], undefined);
      return [one?.regressions, one?.fixed];
    };

    expect(counts({ regressions: ['a', 'b'], fixed: ['c'] })).toEqual([2, 1]);
    expect(counts({ before: 'passed', after: 'failed', fixed: [] })).toEqual([1, 0]);
    expect(counts({ before: 'passed', after: 'timed_out', fixed: [] })).toEqual([1, 0]);
    expect(counts({ before: 'failed', after: 'passed', fixed: [] })).toEqual([0, 1]);
    expect(counts({ before: 'inert', after: 'inert', fixed: [] })).toEqual([0, 0]);
    expect(counts({ before: 'failed', after: 'failed', fixed: [] })).toEqual([0, 0]);
  });

  it('fixes nothing by taking the failing test away', () => {
    const fixed = (passed: number) => {
      const counts = { before: { passed: 3, failed: 1 }, after: { passed, failed: 0 } };
      const [one] = candidatesOf([solved(1, { evidence: evidence({ fixed: [], counts }) })], undefined);
      return one?.fixed;
    };

    expect(fixed(3)).toBe(0);
    // Tests that could not even be collected before have no name of before.
    expect(fixed(9)).toBe(1);
  });

  it('takes removed tests by name; where no test runs any more, as one at least', () => {
    const removed = (tests: Parameters<typeof aTestReport>[0]) =>
      candidatesOf([solved(1, { evidence: evidence(tests) })], undefined)[0]?.removed;

    expect(removed({ removed: ['a', 'b'] })).toBe(2);
    expect(removed({ before: 'passed', after: 'inert' })).toBe(1);
    expect(removed({ before: 'inert', after: 'inert' })).toBe(0);
    expect(removed({ before: 'passed', after: 'timed_out' })).toBe(0);
    expect(candidatesOf([solved(1)], undefined)[0]?.removed).toBe(0);
  });

  it('of a verdict from before removed tests were counted is read, and ranks as without any', () => {
    const { removed, ...earlier } = Candidate.parse(aCandidate(1, { removed: 0 }));

    expect(removed).toBe(0);
    expect(Candidate.parse(earlier)).toEqual(earlier);
    expect(rankCandidates([aCandidate(2, { removed: 1 }), earlier])).toMatchObject({
      winner: 1,
      decided_by: 'removed_tests',
      reason: 'Attempt 1 leaves out no test that passed before, the next one 1. The project’s tests pass with it.',
    });
  });

  it('is out by the gate that it fails', () => {
    const gates = (one: AttemptEvidence) => candidatesOf([one], undefined)[0]?.gate;

    expect(gates(solved(1))).toBeNull();
    expect(gates(solved(1, { patch: undefined }))).toBe('empty');
    expect(gates(solved(1, { evidence: evidence({}, false) }))).toBe('does_not_apply');
    expect(gates(solved(1, { patch: patch('k', `AKIA${'A'.repeat(16)}`) }))).toBe('secret');
    expect(gates(solved(1, { attempt: anAttempt({ status: 'failed' }) }))).toBe('not_verified');
  });

  it('stands in one cluster with those that say the same in other words', () => {
    const all = [
      solved(1, { patch: patch('a.py', 'return round(x, 2)  # cents') }),
      solved(2, { patch: patch('a.py', '  return round(x,2)') }),
      solved(3, { patch: patch('a.py', 'return x') }),
      solved(4, { attempt: anAttempt({ n: 4, status: 'failed' }), patch: patch('a.py', 'return x') }),
    ];

    expect(candidatesOf(all, undefined).map(({ cluster }) => cluster)).toEqual([2, 2, 1, 1]);
  });

  it('is no witness in its own case: its own tests alone are no score', () => {
    const cross = (tests: CrossTests['tests'], results: CrossTests['results']): CrossTests => ({
      version: 1,
      tests,
      results,
      complete: true,
    });
    const own = cross(
      [{ by: 1, name: 't', before: 'failed' }],
      [
        { attempt: 1, by: 1, test: 't', outcome: 'passed' },
        { attempt: 2, by: 1, test: 't', outcome: 'failed' },
      ],
    );
    const both = cross(
      [
        { by: 1, name: 't', before: 'failed' },
        { by: 2, name: 't', before: 'failed' },
        { by: 2, name: 'passes on base', before: 'passed' },
      ],
      [
        { attempt: 1, by: 1, test: 't', outcome: 'passed' },
        { attempt: 2, by: 2, test: 't', outcome: 'passed' },
        { attempt: 2, by: 1, test: 't', outcome: 'passed' },
      ],
    );
    const scores = (of: CrossTests) => candidatesOf([solved(1), solved(2)], of).map((one) => one.cross);

    expect(scores(own)).toEqual([null, 0]);
    expect(scores(both)).toEqual([0.5, 1]);
  });
});
