import { createHash } from 'node:crypto';
import type { CrossTests, Evidence, RunnerResult, TestReport } from '#core/workflow/runner';
import type { FakeRunner, Script } from './mini-machine.ts';

export const patch = (file = 'src/total.ts', line = 'return Math.round(sum * 100) / 100;') =>
  [
    `diff --git a/${file} b/${file}`,
    'index 1111111..2222222 100644',
    `--- a/${file}`,
    `+++ b/${file}`,
    '@@ -1,1 +1,1 @@',
    '-return sum;',
    `+${line}`,
    '',
  ].join('\n');

export const sha256 = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex');

export const aResult = (overrides: Partial<RunnerResult> = {}): RunnerResult => ({
  version: 1,
  mode: 'solve',
  status: 'succeeded',
  exit_status: 'Submitted',
  base_sha: 'a'.repeat(40),
  files_changed: 1,
  insertions: 1,
  deletions: 1,
  patch_sha256: null,
  patch_bytes: 0,
  truncated: false,
  cost_usd: 0.1,
  calls: 3,
  tokens: { input: 10, output: 10, cached: 0 },
  durations_ms: {},
  notes: [],
  error: null,
  ...overrides,
});

export const aTestReport = (overrides: Partial<TestReport> = {}): TestReport => ({
  command: 'npm test',
  before: 'failed',
  after: 'passed',
  regressions: [],
  fixed: ['adds cents'],
  removed: [],
  counts: null,
  ...overrides,
});

export function someEvidence(runner: FakeRunner, overrides: Partial<Evidence> = {}): Evidence {
  const [given] = runner.job.patches;
  const text = runner.sandbox.files.get(given?.path ?? '') ?? new Uint8Array();
  return {
    version: 1,
    attempt: given?.attempt ?? 0,
    base_sha: runner.job.repo.base_sha,
    patch_sha256: sha256(text),
    applies: true,
    apply_error: null,
    setup: { ok: true, notes: [] },
    tests: aTestReport(),
    repro: [],
    changes: { files: 1, bytes: 4, sha256: sha256('tar!') },
    complete: true,
    ...overrides,
  };
}

/** What healthy runners do, by mode; parts of it can be replaced. */
export function healthy(
  parts: {
    patchOf?: (runner: FakeRunner) => string;
    repro?: boolean;
    evidence?: (runner: FakeRunner) => Partial<Evidence>;
    cross?: (runner: FakeRunner) => CrossTests;
  } = {},
): Script {
  return async (runner) => {
    if (runner.job.mode === 'solve') {
      await runner.say('sandbox_ready', 'repo_cloned');
      await runner.say('deps_installed', 'plan_ready');
      runner.leave('diff.patch', parts.patchOf?.(runner) ?? patch());
      runner.leave('plan.json', { summary: 'Round to cents.' });
      runner.leave('logs.txt', 'all of it');
      if (parts.repro) runner.leave('repro.tar', 'tar of tests');
      runner.leave('result.json', aResult());
    } else if (runner.job.mode === 'verify') {
      await runner.say('deps_installed', 'verified');
      runner.leave('changes.tar', 'tar!');
      runner.leave('evidence.json', someEvidence(runner, parts.evidence?.(runner)));
      runner.leave('logs.txt', 'verified');
      runner.leave('result.json', aResult({ mode: 'verify' }));
    } else {
      if (parts.cross) runner.leave('cross.json', parts.cross(runner));
      runner.leave('result.json', aResult({ mode: 'judge' }));
    }
    await runner.say('done');
  };
}
