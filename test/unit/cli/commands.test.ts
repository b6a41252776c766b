import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { artifactKey } from '#core/job/artifact';
import type { Job } from '#core/job/job';
import { apply } from '../../../bin/cli/commands/apply.ts';
import { approve } from '../../../bin/cli/commands/approve.ts';
import { artifacts } from '../../../bin/cli/commands/artifacts.ts';
import { bill, sinceOf, spanOf } from '../../../bin/cli/commands/bill.ts';
import { cancel } from '../../../bin/cli/commands/cancel.ts';
import { diff } from '../../../bin/cli/commands/diff.ts';
import { installStatus } from '../../../bin/cli/commands/install-status.ts';
import { list } from '../../../bin/cli/commands/list.ts';
import { logs } from '../../../bin/cli/commands/logs.ts';
import { models } from '../../../bin/cli/commands/models.ts';
import { plan } from '../../../bin/cli/commands/plan.ts';
import { reject } from '../../../bin/cli/commands/reject.ts';
import { retry } from '../../../bin/cli/commands/retry.ts';
import { solve } from '../../../bin/cli/commands/solve.ts';
import { status } from '../../../bin/cli/commands/status.ts';
import { watch } from '../../../bin/cli/commands/watch.ts';
import { runCommands } from '../../../bin/cli/run-commands.ts';
import { serveControl } from '../../../bin/control-socket.ts';
import { aRepository as aFolder } from '../../support/a-repository.ts';
import { aShell } from '../../support/a-shell.ts';
import { anApiServer } from '../../support/an-api-server.ts';
import { aJob, anAttempt, anId, anIssue, aSession, tenant } from '../../support/builders.ts';
import { eventually } from '../../support/eventually.ts';
import { type FakeWorld, fakeWorld } from '../../support/fake-world.ts';

const reading = { artifacts, bill, diff, install: installStatus, list, logs, models, plan, status, watch };
const commands = { ...reading, apply, approve, cancel, reject, retry };
let world: FakeWorld;
let server: Awaited<ReturnType<typeof anApiServer>>;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'patchbay-commands-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  world = fakeWorld();
  await world.sessions.create(aSession());
  await world.sessions.addIssue(anIssue());
  server = await anApiServer(world);
  return () => server.stop();
});

async function run(line: string, env: Record<string, string> = {}) {
  const shell = aShell({ cwd: folder, env: { PATCHBAY_API: server.url, PATCHBAY_TOKEN: 'token', ...env } });
  const code = await runCommands({ name: 'npm run solve --', commands, main: solve }, line.split(' '), shell);
  return { code, out: shell.stdout, err: shell.stderr };
}

const file = (name: string, body: string) => ({
  name,
  size: body.length,
  sha256: 'f'.repeat(64),
  content_type: 'text/plain',
  partial: false,
});

/** A job whose two attempts have ended; the second wins. */
async function aJudgedJob(overrides: Partial<Job> = {}): Promise<Job> {
  const verdict = {
    round: 1,
    winner: 2,
    ranking: [],
    decided_by: 'tests',
    reason: 'Attempt 2 passes more tests.',
    cross_tests: 'run',
    notes: ['One note.'],
  };
  const job = aJob({
    status: 'awaiting_review',
    finished_at: '2026-01-05T09:10:00.000Z',
    verdict: verdict as never,
    ...overrides,
  });
  await world.jobs.create(job);
  const files = {
    'diff.patch': '+fixed\n',
    'logs.txt': 'log \x1b[31mred\n',
    'plan.json': '{"summary":"Fix it","steps":[{"id":1,"title":"Look"}]}',
  };
  const stored = Object.entries(files).map(([name, body]) => file(`1/2/${name}`, body));
  for (const [name, body] of Object.entries(files))
    world.artifacts.upload(artifactKey(tenant, job.id, `1/2/${name}`), body);
  const failure = { code: 'no_patch', message: 'Nothing changed', remedy: 'Say more.', retryable: true } as const;
  const own = { job_id: job.id };
  await world.attempts.createMissing([
    anAttempt({ ...own, n: 1, status: 'empty', failure }),
    anAttempt({
      ...own,
      n: 2,
      status: 'solved',
      verified: true,
      artifacts: stored,
      diff: { files: 1, insertions: 1, deletions: 0, sha256: 'x', bytes: 7 },
    }),
  ]);
  return job;
}

describe('a job', () => {
  it('is shown with its verdict, its attempts and what to do next', async () => {
    const { id } = await aJudgedJob();

    const { code, out } = await run(`status ${id}`);

    expect(code).toBe(0);
    expect(out).toContain('Awaiting review: Attempt 2 passes more tests.\n');
    expect(out).toMatch(/^ {3}attempt 1 {2}empty \(no_patch\) .*no diff/m);
    expect(out).toMatch(/^→ {2}attempt 2 {2}solved +verified {2}1 file \+1 -0/m);
    expect(out).toContain('Note: One note.');
    expect(out).toContain(`solve -- apply ${id} --repo <path>`);
  });

  it('is found by its beginning and by `last`, and asked for by name where that takes a choice', async () => {
    await aJudgedJob({ id: anId('j', 1), created_at: '2026-01-05T09:00:00.000Z' });
    const newer = await aJudgedJob({ id: `jb${anId('j').slice(2)}`, created_at: '2026-01-05T09:05:00.000Z' });

    expect(JSON.parse((await run('status last --json')).out)).toMatchObject({ id: newer.id });
    expect(JSON.parse((await run('status jbaa --json')).out)).toMatchObject({ id: newer.id });
    expect(JSON.parse((await run('status jb --json')).out)).toMatchObject({ id: newer.id });
    expect((await run('status j')).err).toContain('<job>: 2 jobs start with "j".');
    expect((await run('status jzzz')).err).toContain('<job>: no job of yours is "jzzz".');
    expect((await run('status nonsense!')).err).toContain('Give a job id or its first characters, or `last`');
    expect((await run(`status ${anId('j', 9)}`)).err).toContain('Check the id');
  });

  it('gives the files of its winner, or of the attempt that is named', async () => {
    await aJudgedJob();

    expect((await run('diff last')).out).toBe('+fixed\n');
    expect((await run('logs last')).out).toBe('log \x1b[31mred\n');
    expect((await run('plan last')).out).toBe('Fix it\n\nSteps\n  1. Look\n');
    expect(await run('diff last --attempt 1')).toMatchObject({ code: 1, err: expect.stringContaining('attempt 1 of') });
    expect((await run('diff last --attempt 3')).err).toContain('--attempt: job');
    expect((await run('diff last --attempt 3')).err).toContain('Choose one of 1, 2: --attempt <n>.');
  });

  it('shows a model without a price as unpriced, not as free', async () => {
    const { id } = await aJudgedJob();
    const beat = { at: '2026-01-05T09:05:00.000Z', phase: 'testing', steps: 3, cost_usd: 0 };
    await world.attempts.change({ tenant, job_id: id, n: 2 }, { beat, model: 'own/qwen' });

    expect((await run('status last')).out).toMatch(/^→ {2}attempt 2 .* 3 steps {2}unpriced .*own\/qwen$/m);
    expect((await run('status last')).out).toContain('models $0.00 + unpriced, ');
    expect((await run('status last')).out).toContain('A model without a price counts as $0.00');
  });

  it('gives no empty diff as one', async () => {
    const job = await aJudgedJob();
    world.artifacts.upload(artifactKey(tenant, job.id, '1/2/diff.patch'), '');

    expect(await run('diff last')).toMatchObject({ code: 1, err: expect.stringContaining('changed nothing') });
  });

  it('has its files listed, or fetched into a folder that none leaves', async () => {
    const job = await aJudgedJob();

    expect((await run('artifacts last')).out).toMatch(/^1\/2\/diff\.patch +7 {2}B {2}sha256 f{64}$/m);
    expect((await run('artifacts last --out got')).out).toBe(`3 files in ${join(folder, 'got')}\n`);
    expect(readFileSync(join(folder, 'got/1/2/diff.patch'), 'utf8')).toBe('+fixed\n');
    expect((await run('artifacts last nothing')).err).toContain(
      `job ${job.id} has no "nothing". It has 1/2/diff.patch`,
    );
    const stray = aJob({ id: `jc${anId('j').slice(2)}`, artifacts: [file('../../stray', '')] });
    await world.jobs.create(stray);
    expect((await run(`artifacts ${stray.id} --out got`)).err).toContain('would be written outside');
  });

  it('that has no winner names the attempt in what to do next', async () => {
    const { id } = await aJudgedJob({ status: 'cancelled', verdict: undefined });

    const { out } = await run('status last');

    expect(out).toContain(`Diff     npm run --silent solve -- diff ${id} --attempt 2\n`);
    expect(out).toContain(`Log      npm run --silent solve -- logs ${id} --attempt 2\n`);
    expect(out).not.toContain('Apply');
    expect((await run('logs last --attempt 2')).code).toBe(0);
  });

  it('that failed says what to do in options, as they are typed here', async () => {
    const failure = {
      code: 'budget_exhausted',
      message: 'Used up',
      remedy: 'Raise limits.steps.',
      retryable: true,
    } as const;
    await world.jobs.create(aJob({ status: 'failed', failure }));

    expect((await run('status last')).out).toContain('Failed (budget_exhausted): Used up. Raise --max-steps.\n');
  });

  it('is cancelled', async () => {
    await world.jobs.create(aJob());

    expect(await run('cancel last')).toMatchObject({ code: 0, out: `Job ${anId('j')} is cancelled.\n` });
    expect((await run('status last')).out).toContain('Cancelled');
  });

  it('shows the log of an attempt at work as far as it goes, and with --follow to its end', async () => {
    await world.jobs.create(aJob({ status: 'running' }));
    const attempt = anAttempt({ status: 'running' });
    await world.attempts.createMissing([attempt]);
    expect(await run('logs last')).toMatchObject({ code: 0, out: '', err: expect.stringContaining('its log begins') });
    world.artifacts.upload(artifactKey(tenant, anId('j'), '1/1/checkpoints/logs/0000000000'), 'one\n');
    expect(await run('logs last')).toMatchObject({ out: 'one\n', err: expect.stringContaining('more follows') });

    const following = run('logs last --follow');
    world.artifacts.upload(artifactKey(tenant, anId('j'), '1/1/logs.txt'), 'one\ntwo\n');
    await world.attempts.change(attempt, { artifacts: [file('1/1/logs.txt', 'one\ntwo\n')] });

    expect(await following).toMatchObject({ code: 0, out: 'one\ntwo\n', err: '' });
  });

  it('loses one attempt, or is told why not', async () => {
    await world.jobs.create(aJob({ status: 'running' }));
    for (const n of [1, 2]) await world.attempts.createMissing([anAttempt({ n, status: 'running' })]);

    expect(await run('cancel last --attempt 2')).toMatchObject({
      code: 0,
      out: `Attempt 2 of job ${anId('j')} is cancelled: attempt 1 goes on.\n`,
    });
    expect((await run('cancel last --attempt 3')).err).toContain('has no attempt "3". Choose one of 1, 2');
    await world.attempts.transition((await world.attempts.get(tenant, anId('j'), 1))!, 'failed', {});
    expect((await run('cancel last --attempt 1')).err).toContain('is failed: there is nothing to cancel any more.');
  });

  it('is approved, with the winner or another usable attempt', async () => {
    const job = await aJudgedJob();
    expect((await run('status last')).out).toContain(`Approve  npm run --silent solve -- approve ${job.id}`);
    expect(await run('approve last --attempt 1')).toMatchObject({
      code: 1,
      err: expect.stringContaining('--attempt: Attempt 1 of'),
    });
    expect((await run('approve last --attempt 3')).err).toContain('Choose one of 1, 2: --attempt <n>.');

    expect(await run('approve last')).toMatchObject({
      code: 0,
      out: `Job ${job.id} is completed: attempt 2 is approved, nothing is published.\n`,
    });

    expect(JSON.parse((await run('approve last --json')).out)).toMatchObject({ status: 'completed' });
    expect((await run('status last')).out).toContain('Completed: attempt 2 was approved\n');
    expect((await run('reject last')).err).toContain('was approved with attempt 2 already: a decision is final.');
  });

  it('is rejected, with a reason', async () => {
    const job = await aJudgedJob();

    expect((await run('reject last --comment=')).err).toContain('--comment: there is nothing in it.');
    expect((await run(`reject last --comment ${'x'.repeat(2_001)}`)).err).toContain(
      'At most 2,000 characters are taken.',
    );
    expect(await run('reject last --comment Unsafe.')).toMatchObject({ code: 0, out: `Job ${job.id} is rejected.\n` });

    const { out } = await run('status last');
    expect(out).toContain('Rejected: Unsafe.\n');
    expect(out).toContain(`Retry    npm run --silent solve -- retry ${job.id}`);
    expect((await run('watch last')).code).toBe(4);
  });

  it('is applied without being approved, and says how that is done', async () => {
    const repository = aFolder();
    const base_sha = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: repository, encoding: 'utf8' }).trim();
    const { id } = await aJudgedJob({ base_sha });
    try {
      const greeting = (word: string) =>
        writeFileSync(join(repository, 'greet.py'), `def greet(name):\n    return "${word}, " + name\n`);
      greeting('Hello');
      const patch = execFileSync('git', ['diff', '--full-index'], { cwd: repository, encoding: 'utf8' });
      greeting('Helo');
      world.artifacts.upload(artifactKey(tenant, id, '1/2/diff.patch'), patch);

      const { code, out } = await run(`apply last --repo ${repository}`);

      expect(code).toBe(0);
      expect(out).toContain(`The job awaits your decision: npm run solve -- approve ${id}\n`);
      expect((await world.jobs.get(tenant, id))?.status).toBe('awaiting_review');

      greeting('Hi');
      const conflict = await run(`apply last --repo ${repository} --attempt 2`);
      expect(conflict).toMatchObject({ code: 5, out: '' });
      expect(conflict.err).toContain('nothing was changed: conflict in greet.py.\n');
      expect(conflict.err).toContain(`solve -- diff ${id} --attempt 2 > fix.patch, then git apply --3way fix.patch\n`);
    } finally {
      rmSync(repository, { recursive: true });
    }
  });

  it('is retried, and the new job is followed to its end; at work it is not', async () => {
    const old = aJob({ status: 'failed' });
    await world.jobs.create(old);

    const retrying = run('retry last');
    await eventually('the retry is there', () => world.jobs.all().length === 2);
    const made = world.jobs.all().find(({ retry_of }) => retry_of === old.id)!;
    expect((await run(`retry ${made.id}`)).err).toContain('is queued: only a job that has ended is retried.');
    await run(`cancel ${made.id}`);

    const { code, out } = await retrying;
    expect(code).toBe(3);
    expect(out).toContain(`Retries     ${old.id}\nJob         ${made.id}\n`);
    expect(out).toContain('Cancelled');
    const again = await run(`retry ${old.id} --json`);
    expect(again.err).toContain(`that job has ended: npm run solve -- retry ${made.id}`);
    expect(JSON.parse(again.out.split('\n')[0] ?? '')).toMatchObject({ accepted: { job_id: made.id } });
  });

  it('is watched from its first event to its rest, and its outcome is the exit code', async () => {
    const job = await aJudgedJob();
    const at = job.created_at;
    const statuses = ['queued', 'running', 'awaiting_review'].map((to, index) => {
      return { src: 'job', src_seq: index + 1, type: 'job_status' as const, at, data: { status: to } };
    });
    await world.log.append(tenant, job.id, statuses);

    const plain = await run('watch last');
    const json = await run('watch last --json');

    expect(plain).toMatchObject({ code: 0, err: '' });
    expect(plain.out).toMatch(
      /#01 {2}Queued\n.*#02 {2}Running\n.*#03 {2}Awaiting review\n\nAwaiting review: Attempt 2/,
    );
    const lines = json.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => Object.keys(line)[0])).toEqual(['event', 'event', 'event', 'job']);
  });
});

describe('the install', () => {
  it('lists jobs with the titles of their issues', async () => {
    await aJudgedJob();

    expect((await run('list')).out).toMatch(/awaiting_review {2}x2 .*Rounding error in totals\n$/);
    expect((await run('list --status failed')).out).toBe('No jobs.\n');
    expect((await run('list --status odd')).err).toContain('--status: there is no status "odd". Choose one of queued');
    expect((await run('list --limit 0')).err).toContain('--limit: "0" is not from 1 to 100.');
  });

  it('shows how busy it is, and its models', async () => {
    expect((await run('install')).out).toContain('0 of 4 (user), 0 of 8 (tenant), 0 of 16 (install)');
    expect((await run('models')).out).toMatch(/^replay\/sample +in 1 +out 5/m);
  });

  it('lists what runs on a laptop under one margin', async () => {
    process.env.PATCHBAY_STACK = folder;
    const answers: Record<string, unknown> = {
      token: 'token',
      alarms: [{ name: 'Errors', state: 'ALARM', reason: '1 of 1', description: 'page' }],
      sandboxes: [{ sandboxId: 'i1', metadata: { job_id: 'j1' }, startedAt: new Date().toISOString() }],
      memory: { stack: 0, functions: { processes: 0, residentBytes: 0, coldStarts: 0, invocations: 0 } },
    };
    const where = { apiUrl: server.url, socketUrl: '', jailed: true, pid: 1 };
    const control = await serveControl({ ask: async (method) => answers[method] }, Promise.resolve(where));
    const shell = aShell();

    await runCommands({ name: 'npm run', commands }, ['install'], shell);
    control.stop();
    delete process.env.PATCHBAY_STACK;

    expect(shell.stdout).toMatch(/^Alarms {5}1 of 1\n {11}Errors: page \(1 of 1\)\nSandboxes {2}1\n {11}i1 {2}j1/m);
  });

  it('names models without a price as such in the bill of a job', async () => {
    process.env.PATCHBAY_STACK = folder;
    const job = aJob({ status: 'failed' });
    await world.jobs.create(job);
    await world.attempts.createMissing([anAttempt({ job_id: job.id, model: 'own/qwen' })]);
    const bill = { lines: [], totalUsd: 0, unpriced: [], region: 'us-east-1', pricesAsOf: '2026-11' };
    const ask = async (method: string) => (method === 'bill' ? bill : 'token');
    const where = { apiUrl: server.url, socketUrl: '', jailed: true, pid: 1 };
    const control = await serveControl({ ask }, Promise.resolve(where));
    const shell = aShell();

    await runCommands({ name: 'npm run', commands }, ['bill', 'last'], shell);
    control.stop();
    delete process.env.PATCHBAY_STACK;

    expect(shell.stdout).toContain('Models unpriced on top, metered by the gateway.');
  });

  it('has no bill and no folders when it is deployed, and says what to do', async () => {
    expect((await run('bill --since 1h')).err).toContain('--api: a deployed install has its bill at AWS.');
    expect((await run('--repo . --issue x')).err).toContain('--repo:');
  });
});

describe('a solve', () => {
  it('names the option that the API refuses', async () => {
    const { code, err } = await run(
      '--repo https://git.example.com/a/b.git --issue x --model replay/demo --attempts 8',
    );

    expect(code).toBe(1);
    expect(err).toContain('--attempts: At most 4 sandboxes');
    expect(err).toContain('Ask for 4 or fewer attempts');

    const stranger = await run('--repo https://git.example.com/a/b.git --issue x --model nobody/m');
    const secret = await run('--repo https://me:secret@git.example.com/a.git --issue x --model replay/demo');
    expect(secret.err).toContain('--repo: must not contain credentials. Correct');
    expect(stranger.err).toMatch(/: --model: No provider for "nobody\/m"\. Choose a model of/);
  });

  it('does not play a recording for a repository of yours unless it is asked for', async () => {
    const { code, err } = await run('--repo https://git.example.com/a/b.git --issue x');

    expect(code).toBe(1);
    expect(err).toContain('--model: the default model, replay/demo, is a recording');
    expect(err).toContain('Set a key and MODEL=provider/name before `npm start`');
  });

  it('says that a token is not accepted', async () => {
    const refused = createServer((_, response) => response.writeHead(401).end('{"message":"Unauthorized"}'));
    await new Promise<void>((resolve) => refused.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(refused.address() as AddressInfo).port}`;

    expect((await run(`list --api ${url}`)).err).toBe(
      'patchbay: The API does not accept the token; it may have run out. Give a valid --token.\n',
    );
    await new Promise((resolve) => refused.close(resolve));
  });

  it('says what answers instead of the API, on one line', async () => {
    const stranger = createServer((_, response) =>
      response.writeHead(404).end('<html>\n  <h1>Not here</h1>\n</html>\n'),
    );
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    const host = `127.0.0.1:${(stranger.address() as AddressInfo).port}`;

    expect((await run(`list --api http://${host}`)).err).toBe(
      `patchbay: HTTP 404 from ${host}: <html> <h1>Not here</h1> </html>.\n`,
    );
    await new Promise((resolve) => stranger.close(resolve));
  });

  it.each([
    ['--issue x', '--repo: is missing.'],
    ['--repo git@example.com:a/b.git --issue x', '--repo: "git@example.com:a/b.git" is not over https.'],
    ['--repo /nowhere --issue x', '--repo: there is no folder /nowhere.'],
    ['--repo https://git.example.com/a/b.git --issue x --api nope', '--api: "nope" is no URL.'],
    ['--repo https://git.example.com/a/b.git --issue x --api http://127.0.0.1:9/api', 'The API cannot be reached'],
  ])('refuses %j', async (line, message) => {
    expect(await run(line)).toMatchObject({ code: 1, out: '', err: expect.stringContaining(message) });
  });
});

it('bills a job with the request before its row, and with what comes after its end', () => {
  const created_at = '2026-01-05T09:00:01.000Z';
  const at = (second: number) => Date.parse(`2026-01-05T09:00:${String(second).padStart(2, '0')}.000Z`);
  const finished_at = '2026-01-05T09:00:30.000Z';

  expect(spanOf({ created_at, finished_at: null }, at(20))).toEqual({ since: at(0), until: at(20) });
  expect(spanOf({ created_at, finished_at }, at(50))).toEqual({ since: at(0), until: at(35) });
  expect(spanOf({ created_at, finished_at }, at(31)).until).toBe(at(31));
});

it('reads a time', () => {
  expect(sinceOf('90m', undefined, 10_000_000)).toEqual({ since: 4_600_000, until: 10_000_000 });
  expect(() => sinceOf('soon', undefined, 0)).toThrow('--since: "soon" is no time.');
  expect(() => sinceOf('1h', 'last', 0)).toThrow('--since: a job has its own time.');
});
