import { describe, expect, it } from 'vitest';
import { failure } from '#core/errors';
import { attemptFailure, mostTelling } from '#core/job/attempt-failure';
import { agentEgress, setupEgress } from '#core/job/egress';
import { fittingData } from '#core/job/event-data';
import { patchGate } from '#core/job/patch-gate';
import { addedSecret } from '#core/job/patch-secrets';
import { summarizePatch } from '#core/job/patch-summary';
import { wakePlan } from '#core/job/wake-plan';
import { aResult, patch } from '#test/support/runner-scripts';

describe('a patch', () => {
  it('is counted by its hunks: lines that look like headers are content', () => {
    const text = [
      'diff --git a/old name.txt b/old name.txt',
      '--- a/old name.txt',
      '+++ b/old name.txt',
      '@@ -1,3 +1,2 @@ context',
      ' same',
      '--- a/removed line that looks like a header',
      '-diff --git a/x b/x',
      '+++ added',
      '\\ No newline at end of file',
      'diff --git a/a b/b.txt b/a b/b.txt',
      'new file mode 100644',
      '--- /dev/null',
      '+++ b/a b/b.txt',
      '@@ -0,0 +1 @@',
      '+one',
      'diff --git "a/\\303\\274.txt" "b/\\303\\274.txt"',
      'GIT binary patch',
      'literal 3',
      'Kcmb+',
      'diff --git a/from.txt b/to.txt',
      'similarity index 100%',
      'rename from from.txt',
      'rename to to.txt',
      '',
    ].join('\n');

    expect(summarizePatch(text)).toEqual({
      paths: ['old name.txt', 'a b/b.txt', '\\303\\274.txt', 'to.txt'],
      insertions: 2,
      deletions: 2,
    });
  });

  it.each([
    ['', 'empty'],
    ['nothing like a patch', 'empty'],
    [patch('x', `-----BEGIN RSA PRIVATE KEY-----`), 'secret'],
  ])('%j is %s', (text, gate) => {
    expect(patchGate(text, false).gate).toBe(gate);
  });

  it('over 5 MB is too large, also when only the list of its files came', () => {
    expect(patchGate(patch('x', 'y'.repeat(5 * 1_024 * 1_024)), false).gate).toBe('too_large');
    expect(patchGate('# too large', true).gate).toBe('too_large');
  });

  it('may move a secret-like line, may hold harmless ones, and may not add one', () => {
    const key = `const key = "AKIA${'B'.repeat(16)}";`;
    const moved = ['diff --git a/x b/x', '@@ -1,2 +1,2 @@', `-${key}`, ' same', `+  ${key}`].join('\n');

    expect(addedSecret(moved)).toBeUndefined();
    expect(addedSecret(patch('x', 'url = "postgres://user:password@localhost"'))).toBeUndefined();
    expect(addedSecret(patch('x', 'Authorization: Bearer token'))).toBeUndefined();
    expect(addedSecret(patch('x', key))).toBe('an AWS access key');
  });
});

describe('a failure', () => {
  it('is a lost sandbox before anything else', () => {
    expect(attemptFailure({ lost: true, error: 'States.Timeout', result: aResult() }).code).toBe('sandbox_lost');
  });

  it('is what the runner says, also when the workflow ran into its limit meanwhile', () => {
    const result = aResult({ status: 'budget_exhausted', error: { code: 'x', message: 'over $1.50' } });

    expect(attemptFailure({ error: 'States.Timeout', result })).toMatchObject({
      code: 'budget_exhausted',
      message: 'over $1.50',
    });
  });

  it('is the workflow’s limit when the runner only says that it was cancelled', () => {
    expect(attemptFailure({ error: 'States.Timeout', result: aResult({ status: 'cancelled' }) }).code).toBe(
      'timed_out',
    );
  });

  it('of a clone names the repository', () => {
    const error = { code: 'repo_unreachable', message: 'no such host' };

    expect(attemptFailure({ result: aResult({ status: 'setup_failed', error }) }).code).toBe('repo_unreachable');
  });

  it('without result and error is a runner that died', () => {
    expect(attemptFailure({}).code).toBe('internal');
  });

  it('of a step is what our own error says, and no more than its name for any other', () => {
    const cause = (errorType: string) =>
      `{"errorType":"${errorType}","errorMessage":"No \\"key\\".","trace":["at /var/`;

    expect(attemptFailure({ error: 'PatchbayError', cause: cause('PatchbayError') }).message).toBe('No "key".');
    expect(attemptFailure({ error: 'PatchbayError', cause: '{"errorMessage":"cut' }).message).toContain(
      'PatchbayError',
    );
    expect(attemptFailure({ error: 'TypeError', cause: cause('TypeError') }).message).toBe(
      'The step failed: TypeError.',
    );
  });

  it('of several attempts is the one a person can do most about', () => {
    const codes = ['internal', 'sandbox_lost', 'no_patch', 'setup_failed'] as const;

    expect(mostTelling(codes.map((code) => failure(code, code))).code).toBe('setup_failed');
    expect(mostTelling([]).code).toBe('internal');
  });
});

describe('event data', () => {
  it('is left alone while it fits, else its texts are cut until it does', () => {
    const small = { text: 'x'.repeat(900), n: 1 };
    const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length;

    expect(fittingData(small)).toBe(small);
    expect(bytes(fittingData({ a: 'ü'.repeat(9_000), deep: { list: ['y'.repeat(9_000)] } }))).toBeLessThan(3_600);
    expect(fittingData({ numbers: Array.from({ length: 5_000 }, (_, k) => k) })).toEqual({ cut: true });
  });
});

describe('egress', () => {
  const hosts = {
    gateway_url: 'https://gateway.test/x',
    callbacks_url: 'https://gateway.test:8443/api',
    artifacts_host: '',
    setup_hosts: ['pypi.org', 'pypi.org'],
  };

  it('names hosts without ports, each once', () => {
    expect(agentEgress(hosts).allow).toEqual(['gateway.test']);
    expect(setupEgress(hosts, ['github.com']).allow).toEqual(['github.com', 'pypi.org', 'gateway.test']);
  });
});

describe('who is woken', () => {
  const job = (id: string, slots = 1, user = 'u') => ({ id, slots, user });
  const room = (install: number, tenants: Record<string, number>, users: Record<string, number>) => ({
    install,
    tenants,
    users,
  });

  it('is one of each tenant in turn', () => {
    const lines = new Map([
      ['a', [job('a1'), job('a2'), job('a3')]],
      ['b', [job('b1')]],
    ]);

    expect(wakePlan(lines, room(3, { a: 9, b: 9 }, { 'a#u': 9, 'b#u': 9 }))).toEqual(['a1', 'b1', 'a2']);
  });

  it('is nobody behind a job that lacks room of its tenant or of the installation', () => {
    const big = new Map([['a', [job('big', 4), job('small', 1, 'v')]]]);

    expect(wakePlan(big, room(9, { a: 3 }, { 'a#u': 9, 'a#v': 9 }))).toEqual([]);
    expect(wakePlan(big, room(3, { a: 9 }, { 'a#u': 9, 'a#v': 9 }))).toEqual([]);
  });

  it('is whoever stands behind a job that its own user’s limit holds', () => {
    const line = new Map([['a', [job('held', 2), job('also held', 1), job('other', 1, 'v')]]]);

    expect(wakePlan(line, room(9, { a: 9 }, { 'a#u': 1, 'a#v': 1 }))).toEqual(['other']);
  });
});
