import { beforeEach, describe, expect, it } from 'vitest';
import { installScope } from '#core/job/permit-scopes';
import { easeOff } from '#core/workflow/limits';
import { anApi } from '../../support/an-api.ts';
import { aJob, aNewEvent, anAttempt, anId, anIssue, aRepository, aSession, options } from '../../support/builders.ts';
import { type FakeWorld, fakeWorld } from '../../support/fake-world.ts';

let world: FakeWorld;
let call: ReturnType<typeof anApi>;

beforeEach(() => {
  world = fakeWorld();
  call = anApi(world);
});

describe('sessions', () => {
  it('are listed newest first, page by page, and only to their user', async () => {
    for (const title of ['one', 'two', 'three']) {
      await call('createSession', { body: { title } });
      world.clock.advance(1_000);
    }
    await call('createSession', { body: { title: 'foreign' }, claims: { sub: 'bob' } });

    const first = await call('listSessions', { query: { limit: '2' } });
    const second = await call('listSessions', { query: { limit: '2', cursor: first.body.cursor } });

    const titles = [...first.body.sessions, ...second.body.sessions].map(({ title }: { title: string }) => title);
    expect(titles).toEqual(['three', 'two', 'one']);
    expect(first.body.sessions[0]).not.toHaveProperty('tenant');
    expect(second.body.cursor).toBeUndefined();
  });

  it('are opened once per idempotency key, which serves one title', async () => {
    const headers = { 'idempotency-key': 'k' };
    const first = await call('createSession', { headers, body: { title: 'first' } });
    const second = await call('createSession', { headers, body: { title: 'first' } });
    const other = await call('createSession', { headers, body: { title: 'another' } });

    expect(second.body).toEqual(first.body);
    expect(other).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(other.body.remedy).toContain('new Idempotency-Key');
  });

  it('show milestones of their jobs among the messages, in order, without the quiet events', async () => {
    await world.sessions.create(aSession());
    await world.sessions.addIssue(anIssue());
    const job = world.jobs.seed(aJob());
    await call('createMessage', { params: { id: anId('s') }, body: { text: 'Hello' } });
    world.clock.advance(1_000);
    const at = world.clock.at();
    await world.log.append('acme', job.id, [
      { src: 'job', src_seq: 1, type: 'job_status', at, data: { status: 'queued' } },
      aNewEvent({ type: 'step', at }),
      // A sandbox's clock that is behind: the log's order wins.
      aNewEvent({ src_seq: 2, type: 'plan_ready', at: '2020-01-01T00:00:00.000Z' }),
    ]);

    const { body } = await call('getSession', { params: { id: anId('s') } });

    const shown = body.messages.map((message: { id: string; role: string; text: string }) => [
      message.role,
      message.text,
    ]);
    expect(shown).toEqual([
      ['user', 'Hello'],
      ['milestone', 'Queued'],
      ['milestone', 'Attempt 1: plan ready'],
    ]);
    expect(body.messages[2]).toMatchObject({ id: `${job.id}:3`, seq: 3, type: 'plan_ready', job_id: job.id });
    expect(body).toMatchObject({ issues: [{ id: anId('i') }], jobs: [{ id: job.id, seq: 3 }] });
  });
});

describe('a message', () => {
  const params = { id: anId('s') };
  beforeEach(async () => {
    await world.sessions.create(aSession());
    await world.sessions.addIssue(anIssue({ number: 42 }));
    await world.sessions.addIssue(anIssue({ id: anId('i', 2), created_at: '2026-01-05T09:00:01.000Z' }));
  });

  it.each([
    ['/solve 2', anId('i', 2), 1],
    ['/solve #42 x3', anId('i'), 3],
    [`please\n  /solve ${anId('i', 2)} ×2`, anId('i', 2), 2],
  ])('%j starts a job', async (text, issue, attempts) => {
    const { status, body } = await call('createMessage', { params, body: { text } });

    expect(status).toBe(201);
    expect(body.job).toMatchObject({ issue_id: issue, options: { attempts } });
    expect(body.message).toMatchObject({ role: 'user', text, job_id: body.job.id });
  });

  it.each(['/solve', '/solve 3', '/solve #7', '/solve 1 x9', '/solve 1 x0', '/solve 1 now please'])(
    '%j is refused with how to write it, and leaves no line',
    async (text) => {
      const { status, body } = await call('createMessage', { params, body: { text } });

      expect(status).toBe(422);
      expect(body.remedy).toContain('/solve <issue> [xN]');
      expect(await world.sessions.messages('acme', params.id, 10)).toEqual([]);
    },
  );

  it('is said once per idempotency key, and its job started once', async () => {
    const request = { params, headers: { 'idempotency-key': 'k' }, body: { text: '/solve 1' } };
    const first = await call('createMessage', request);
    world.clock.advance(1_000);
    const second = await call('createMessage', request);

    expect(second.body.message).toEqual(first.body.message);
    expect(second.body.job.id).toBe(first.body.job.id);
    expect(await world.sessions.messages('acme', params.id, 10)).toHaveLength(1);
  });

  it('of another text under a used idempotency key is refused, and starts no job', async () => {
    const headers = { 'idempotency-key': 'k' };
    await call('createMessage', { params, headers, body: { text: 'Hello' } });
    const { status } = await call('createMessage', { params, headers, body: { text: '/solve 1' } });

    expect(status).toBe(409);
    expect(await world.sessions.messages('acme', params.id, 10)).toHaveLength(1);
    expect((await call('listJobs')).body.jobs).toEqual([]);
  });

  it('that only speaks of /solver is a message', async () => {
    const { body } = await call('createMessage', { params, body: { text: 'try /solver/jobs' } });

    expect(body.job).toBeUndefined();
  });
});

describe('an issue', () => {
  const params = { id: anId('s') };
  beforeEach(() => world.sessions.create(aSession()));

  it('is filed, listed and shown without its tenant', async () => {
    const filed = await call('createIssue', { params, body: { title: 'Bug', repository: aRepository() } });
    const listed = await call('listIssues', { params });
    const shown = await call('getIssue', { params: { ...params, issue_id: filed.body.id } });

    expect(filed.status).toBe(201);
    expect(listed.body.issues).toEqual([filed.body]);
    expect(shown.body).toEqual(filed.body);
    expect(filed.body).not.toHaveProperty('tenant');
  });

  it('is filed once per idempotency key, also after its first job; another one under the key is refused', async () => {
    const headers = { 'idempotency-key': 'k' };
    const body = { title: 'Bug', repository: { ref: 'main', ...aRepository() } };
    const first = await call('createIssue', { params, headers, body });
    await call('solve', { params: { ...params, issue_id: first.body.id } });
    const again = await call('createIssue', { params, headers, body });
    const other = await call('createIssue', { params, headers, body: { ...body, body: 'More.' } });

    expect(again.body).toMatchObject({ id: first.body.id, title: 'Bug' });
    expect(other).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect((await call('listIssues', { params })).body.issues).toHaveLength(1);
  });

  it.each([
    ['repository.branch', { repository: { ...aRepository(), branch: 'next' } }],
    ['url', { url: 'javascript:alert(1)' }],
  ])('refuses a %s that it cannot mean, naming it', async (field, fields) => {
    const body = { title: 'Bug', repository: aRepository(), ...fields };
    const { status, body: answer } = await call('createIssue', { params, body });

    expect(status).toBe(400);
    expect(answer.fields).toEqual([expect.objectContaining({ field })]);
  });

  it('refuses credentials in its repository’s URL, naming the field', async () => {
    const repository = { url: 'https://me:secret@git.example.com/a.git' };
    const { status, body, text } = await call('createIssue', { params, body: { title: 'Bug', repository } });

    expect(status).toBe(400);
    expect(body.fields[0].field).toBe('repository.url');
    expect(text).not.toContain('secret');
  });
});

describe('a job’s snapshot', () => {
  it('says place and guess of the wait while it waits', async () => {
    for (let n = 1; n <= 3; n += 1) {
      world.jobs.seed(aJob({ id: anId('j', n), waiting_since: `2026-01-05T09:00:0${n}.000Z` }));
    }
    const ran = { started_at: '2026-01-05T08:00:00.000Z', finished_at: '2026-01-05T08:10:00.000Z' };
    world.jobs.seed(aJob({ id: anId('j', 9), status: 'completed', ...ran }));

    const { body } = await call('getJob', { params: { job_id: anId('j', 3) } });

    expect(body.waiting).toEqual({ position: 3, eta_seconds: 600, since: '2026-01-05T09:00:03.000Z' });
    expect(body.progress.message).toContain('place 3');
  });

  it('guesses the wait by the limit that dispatch goes by: a provider that was full lowers it for a while', async () => {
    const waiting = [1, 2, 3].map((n) => aJob({ id: anId('j', n), waiting_since: `2026-01-05T09:00:0${n}.000Z` }));
    for (const job of waiting) world.jobs.seed(job);
    const ran = { started_at: '2026-01-05T08:00:00.000Z', finished_at: '2026-01-05T08:10:00.000Z' };
    world.jobs.seed(aJob({ id: anId('j', 9), status: 'completed', ...ran }));
    const eta = async () => (await call('getJob', { params: { job_id: anId('j', 3) } })).body.waiting.eta_seconds;
    await world.permits.acquire(installScope, 4, ['any'], world.clock.at(60));
    await world.permits.ease(installScope, { to: 1, at: world.clock.at() });

    expect(await eta()).toBe(1_800);
    world.clock.advanceSeconds(easeOff.holdSeconds + 120);
    expect(await eta()).toBe(600);
  });

  it('is where the last of its attempts with a sandbox is', async () => {
    const job = world.jobs.seed(aJob({ status: 'running', options: options({ attempts: 3 }) }));
    world.attempts.seed(anAttempt({ n: 1, status: 'verifying' }));
    const beat = { at: world.clock.at(), phase: 'solving', steps: 7, cost_usd: 0.1 };
    world.attempts.seed(anAttempt({ n: 2, status: 'running', beat }));
    world.attempts.seed(anAttempt({ n: 3 }));

    const { body } = await call('getJob', { params: { job_id: job.id } });

    expect(body.phase).toBe('solving');
    expect(body.progress).toMatchObject({ runs_total: 3, runs_running: 2, message: 'Solving: 0 of 3 attempts ended' });
    expect(body.attempts.map(({ phase }: { phase: string }) => phase)).toEqual([
      'verifying',
      'solving',
      'provisioning',
    ]);
    expect(body.attempts[1]).toMatchObject({ steps: 7, replay: true });
  });

  it('shows the winner under the names that older clients read', async () => {
    const file = (n: number, name: string) => ({
      name: `1/${n}/${name}`,
      size: 3,
      sha256: 'f'.repeat(64),
      content_type: 'text/plain',
      partial: false,
    });
    const verdict = {
      round: 1,
      winner: 2,
      ranking: [],
      decided_by: 'regressions',
      reason: 'fewest regressions',
      cross_tests: 'not_needed' as const,
      notes: [],
    };
    const job = world.jobs.seed(aJob({ status: 'awaiting_review', options: options({ attempts: 2 }), verdict }));
    world.attempts.seed(anAttempt({ n: 1, status: 'empty', sandbox_id: 'sbx1' }));
    const artifacts = [file(2, 'diff.patch'), file(2, 'logs.txt')];
    world.attempts.seed(anAttempt({ n: 2, status: 'solved', sandbox_id: 'sbx2', artifacts }));

    const { body } = await call('getJob', { params: { job_id: job.id } });

    expect(body).toMatchObject({
      sandbox_id: 'sbx2',
      agent_run_id: `${job.id}.2`,
      diff_snapshot_url: `/solver/jobs/${job.id}/artifacts/1/2/diff.patch`,
      progress: { runs_completed: 2, message: 'Awaiting review: fewest regressions' },
    });
  });
});
