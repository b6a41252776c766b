import { beforeEach, describe, expect, it } from 'vitest';
import { budgetOf } from '#core/use-cases/job-budget';
import { anApi } from '../../support/an-api.ts';
import { aJob, aNewEvent, anAttempt, anId, anIssue, aSandboxRow, aSession } from '../../support/builders.ts';
import { type FakeWorld, fakeWorld } from '../../support/fake-world.ts';

const params = { job_id: anId('j') };
let world: FakeWorld;
let call: ReturnType<typeof anApi>;

beforeEach(async () => {
  world = fakeWorld();
  call = anApi(world);
  await world.sessions.create(aSession());
  await world.sessions.addIssue(anIssue());
});

describe('cancel', () => {
  it('of a queued job ends it and gives its money back', async () => {
    const { body } = await call('solve', { params: { id: anId('s'), issue_id: anId('i') } });
    const budget = budgetOf({ tenant: 'acme', created_at: body.job.created_at });
    const before = await world.budgets.spent(budget.scope, budget.day);

    const cancelled = await call('cancelJob', { params: { job_id: body.job.id } });

    expect(cancelled).toMatchObject({ status: 202, body: { status: 'cancelled', finished_at: world.clock.at() } });
    // $1.50 for the models; 2,220 s to solve and 1,320 s to verify at most.
    expect(before.reserved).toBe(1_500_000 + 3_540 * 46);
    expect(await world.budgets.spent(budget.scope, budget.day)).toEqual({ spent: 0, reserved: 0 });
    const told = world.log.of('acme', body.job.id).map(({ data }) => data.status);
    expect(told).toEqual(['queued', 'cancelling', 'cancelled']);
  });

  it('of a running job writes first, then wakes every open sandbox of this dispatch', async () => {
    const job = world.jobs.seed(aJob({ status: 'running', dispatch: 2 }));
    const row = { dispatch: 2, state: 'running' as const };
    world.sandboxRows.seed(aSandboxRow({ ...row, attempt: 1, task_token: 'token-1' }));
    world.sandboxRows.seed(aSandboxRow({ ...row, attempt: 2, task_token: 'token-2' }));
    world.sandboxRows.seed(aSandboxRow({ ...row, attempt: 3 }));
    world.sandboxRows.seed(aSandboxRow({ ...row, attempt: 4, state: 'dead', task_token: 'token-4' }));
    world.sandboxRows.seed(aSandboxRow({ ...row, attempt: 5, dispatch: 1, task_token: 'token-5' }));

    const { status, body } = await call('cancelJob', { params });

    expect([status, body.status]).toEqual([202, 'cancelling']);
    expect(world.taskTokens.answers).toMatchObject([
      { token: 'token-1', error: 'Cancelled' },
      { token: 'token-2', error: 'Cancelled' },
    ]);
    expect((await world.jobs.get('acme', job.id))?.outbox).toBeUndefined();
  });

  it('of a job that awaits review ends it, and leaves it the time at which its work was finished', async () => {
    const finished_at = '2026-01-05T08:50:00.000Z';
    world.jobs.seed(aJob({ status: 'awaiting_review', finished_at }));

    const { status, body } = await call('cancelJob', { params });

    expect([status, body.status, body.finished_at]).toEqual([202, 'cancelled', finished_at]);
  });

  it('goes on when one sandbox cannot be told', async () => {
    world.jobs.seed(aJob({ status: 'running' }));
    world.sandboxRows.seed(aSandboxRow({ attempt: 1, state: 'running', task_token: 'token-1' }));
    world.sandboxRows.seed(aSandboxRow({ attempt: 2, state: 'running', task_token: 'token-2' }));
    world.faults.before('taskTokens.fail', new Error('throttled'));

    const { status } = await call('cancelJob', { params });

    expect(status).toBe(202);
    expect(world.taskTokens.answers).toHaveLength(1);
    expect(world.notes).toContainEqual(expect.objectContaining({ message: 'sandbox not told of the cancel' }));
  });

  it('decides again when a dispatcher is faster', async () => {
    const job = world.jobs.seed(aJob());
    world.faults.meanwhile('jobs.transition', async () => {
      await world.jobs.transition(job, 'running', { dispatch: 1 });
    });

    const { body } = await call('cancelJob', { params });

    expect(body.status).toBe('cancelling');
  });

  it('repeated is a success, and tells the sandboxes again', async () => {
    world.jobs.seed(aJob({ status: 'cancelling' }));
    world.sandboxRows.seed(aSandboxRow({ state: 'running', task_token: 'token-1' }));

    expect((await call('cancelJob', { params })).status).toBe(202);
    expect(world.taskTokens.answers).toHaveLength(1);
  });

  it.each(['completed', 'failed', 'rejected', 'publishing'] as const)(
    'of a job that is %s is a conflict',
    async (status) => {
      world.jobs.seed(aJob({ status }));

      expect((await call('cancelJob', { params })).status).toBe(409);
    },
  );
});

describe('cancel of one attempt', () => {
  const attempt = (n: string) => ({ ...params, n });

  it('answers with the job, in which it is cancelled and the other goes on', async () => {
    world.jobs.seed(aJob({ status: 'running' }));
    world.attempts.seed(anAttempt({ n: 1, status: 'running' }));
    world.attempts.seed(anAttempt({ n: 2, status: 'running' }));

    const { status, body } = await call('cancelAttempt', { params: attempt('2') });

    expect([status, body.status]).toEqual([202, 'running']);
    expect(body.attempts.map((one: { status: string }) => one.status)).toEqual(['running', 'cancelled']);
    expect((await call('cancelAttempt', { params: attempt('2') })).status).toBe(202);
  });

  it.each(['solved', 'empty', 'failed'] as const)('that is %s is a conflict with a remedy', async (ended) => {
    world.jobs.seed(aJob({ status: 'running' }));
    world.attempts.seed(anAttempt({ status: ended }));

    const { status, body } = await call('cancelAttempt', { params: attempt('1') });

    expect([status, body.code]).toEqual([409, 'conflict']);
    expect(body.remedy).toContain('as a whole');
  });

  it('that is not there, or not there yet, or somebody else’s, is not found', async () => {
    world.jobs.seed(aJob());
    expect(await call('cancelAttempt', { params: attempt('2') })).toMatchObject({ status: 404 });
    const early = await call('cancelAttempt', { params: attempt('1') });
    expect([early.status, early.body.remedy]).toEqual([
      404,
      'Wait until the job runs; to end it before, cancel the job.',
    ]);

    world.jobs.seed(aJob({ status: 'running' }));
    world.attempts.seed(anAttempt({ status: 'running' }));
    const claims = { sub: 'eve', tenant: 'acme' };
    expect((await call('cancelAttempt', { params: attempt('1'), claims })).status).toBe(404);
    expect((await world.attempts.get('acme', anId('j'), 1))?.status).toBe('running');
  });

  it.each(['0', 'one', '1.5'])('numbered %s is not found either', async (n) => {
    world.jobs.seed(aJob({ status: 'running' }));

    expect((await call('cancelAttempt', { params: attempt(n) })).status).toBe(404);
  });
});

describe('a job’s log', () => {
  it('is read after a seq, page by page, with the tail', async () => {
    world.jobs.seed(aJob());
    const events = Array.from({ length: 5 }, (_, n) => aNewEvent({ src_seq: n + 1 }));
    await world.log.append('acme', anId('j'), events);

    const { body } = await call('listEvents', { params, query: { after: '1', limit: '2' } });

    expect(body.seq).toBe(5);
    expect(body.events.map(({ seq }: { seq: number }) => seq)).toEqual([2, 3]);
  });
});

describe('artifacts', () => {
  const artifact = (name: string, size: number) => ({
    name,
    size,
    sha256: 'f'.repeat(64),
    content_type: 'text/x-diff; charset=utf-8',
    partial: false,
  });
  beforeEach(() => {
    world.jobs.seed(aJob({ status: 'failed' }));
    const artifacts = [artifact('1/1/diff.patch', 5), artifact('1/1/logs.txt', 2_000_000)];
    world.attempts.seed(anAttempt({ status: 'failed', artifacts }));
    world.artifacts.upload(`acme/${anId('j')}/1/1/diff.patch`, '--- a');
    world.artifacts.upload(`acme/${anId('j')}/1/1/secret.txt`, 'not listed');
  });

  it('are listed', async () => {
    const { body } = await call('listArtifacts', { params });

    expect(body.artifacts.map(({ name }: { name: string }) => name)).toEqual(['1/1/diff.patch', '1/1/logs.txt']);
  });

  it('up to 1 MB are answered, never as a page', async () => {
    const { status, headers, text } = await call('getArtifact', { params: { ...params, name: '1/1/diff.patch' } });

    expect([status, text]).toEqual([200, '--- a']);
    expect(headers).toMatchObject({
      'content-type': 'text/x-diff; charset=utf-8',
      'content-disposition': 'attachment; filename="diff.patch"',
      'x-content-type-options': 'nosniff',
    });
  });

  it('over 1 MB are a redirect', async () => {
    const { status, headers } = await call('getArtifact', { params: { ...params, name: '1/1/logs.txt' } });

    expect(status).toBe(302);
    expect(headers.location).toContain('logs.txt');
  });

  it.each(['1/1/secret.txt', '../other/1/1/diff.patch', '1/9/diff.patch'])('%s is not one of them', async (name) => {
    expect((await call('getArtifact', { params: { ...params, name } })).status).toBe(404);
  });
});

describe('what an installation says', () => {
  it('of itself', async () => {
    await world.permits.acquire('tenant#acme', 8, ['a', 'b'], world.clock.at(60));
    world.jobs.seed(aJob({ waiting_since: world.clock.at() }));

    const { body } = await call('getStatus');

    expect(body).toEqual({
      version: '1.2.3',
      waiting: 1,
      slots: [
        { scope: 'user', used: 0, limit: 4 },
        { scope: 'tenant', used: 2, limit: 8 },
        { scope: 'install', used: 0, limit: 16 },
      ],
    });
  });

  it('of its models, without addresses and names of keys', async () => {
    const { body, text } = await call('listModels');

    expect(body.providers.map(({ name }: { name: string }) => name)).toContain('replay');
    expect(text).not.toContain('base_url');
  });

  it('of the caller: a user without the tenant’s claim is a tenant alone', async () => {
    const named = await call('getMe');
    const alone = await call('getMe', { claims: { sub: 'auth0|a', tenant: undefined as unknown as string } });

    expect(named.body).toEqual({ sub: 'ada', tenant: 'acme' });
    expect(alone.body).toEqual({ sub: 'auth0|a', tenant: '~auth0=7ca' });
  });
});
