import { beforeEach, describe, expect, it } from 'vitest';
import { anApi } from '../../support/an-api.ts';
import { anId, anIssue, aSession } from '../../support/builders.ts';
import { type FakeWorld, fakeWorld } from '../../support/fake-world.ts';

const params = { id: anId('s'), issue_id: anId('i') };
const options = { models: ['replay/sample'] };
let world: FakeWorld;
let call: ReturnType<typeof anApi>;

beforeEach(async () => {
  world = fakeWorld();
  call = anApi(world);
  await world.sessions.create(aSession());
  await world.sessions.addIssue(anIssue());
});

describe('a solve', () => {
  it('puts the row, tells the log and the queue, and clears its mark', async () => {
    const { status, body, headers } = await call('solve', { params, body: { ...options, attempts: 2 } });

    expect(status).toBe(202);
    expect(body.job).toMatchObject({
      status: 'queued',
      seq: 1,
      attempts: [],
      progress: { runs_total: 2, message: 'Queued' },
    });
    expect(headers['x-job-id']).toBe(body.job.id);
    expect(world.queue.sent).toEqual([{ tenant: 'acme', job_id: body.job.id, round: 1 }]);
    const row = await world.jobs.get('acme', body.job.id);
    expect(row).toMatchObject({ plan: [{ model: 'replay/sample' }, { model: 'replay/sample' }], user: 'ada' });
    expect(row?.outbox).toBeUndefined();
    expect(world.log.of('acme', body.job.id)).toMatchObject([
      { seq: 1, type: 'job_status', data: { status: 'queued' } },
    ]);
    expect(world.live.pushed).toHaveLength(1);
    expect((await world.sessions.issue('acme', params.id, params.issue_id))?.last_job).toBe(body.job.id);
  });

  it('needs no body: every option has a default', async () => {
    const { status, body } = await call('solve', { params });

    expect(status).toBe(202);
    expect(body.job.options).toMatchObject({ attempts: 1, limits: { cost_usd: 1.5, steps: 100 } });
  });

  it.each(['queue.send', 'log.append', 'jobs.clearOutbox'] as const)(
    'is accepted although %s fails: the mark stays',
    async (op) => {
      world.faults.before(op, new Error('down'));

      const { status, body } = await call('solve', { params, body: options });

      expect(status).toBe(202);
      expect((await world.jobs.get('acme', body.job.id))?.outbox).toBeDefined();
    },
  );

  it('takes its ref from base_ref rather than from the issue', async () => {
    const { body } = await call('solve', { params, body: { ...options, base_ref: 'release-2' } });

    expect(body.job.repository.ref).toBe('release-2');
  });
});

describe('the same solve again', () => {
  const headers = { 'idempotency-key': 'click-1' };

  it('under its key is the same job, with 200', async () => {
    const first = await call('solve', { params, headers, body: options });
    const second = await call('solve', { params, headers, body: { models: ['replay/sample'], attempts: 1 } });

    expect([first.status, second.status]).toEqual([202, 200]);
    expect(second.body.job.id).toBe(first.body.job.id);
    expect(world.queue.sent).toHaveLength(1);
  });

  it('under its key with other options is a conflict', async () => {
    await call('solve', { params, headers, body: options });
    const { status, body } = await call('solve', { params, headers, body: { ...options, attempts: 2 } });

    expect(status).toBe(409);
    expect(body).toMatchObject({ code: 'conflict', detail: body.message, request_id: 'request-1', retryable: false });
  });

  it('under another key is another job', async () => {
    const first = await call('solve', { params, headers, body: options });
    const second = await call('solve', { params, headers: { 'idempotency-key': 'click-2' }, body: options });

    expect(second.status).toBe(202);
    expect(second.body.job.id).not.toBe(first.body.job.id);
  });

  it('without a key meets the job at work; with other options it is a conflict', async () => {
    const first = await call('solve', { params, body: options });
    const second = await call('solve', { params, body: options });
    const other = await call('solve', { params, body: { ...options, attempts: 3 } });

    expect(second).toMatchObject({ status: 200, body: { job: { id: first.body.job.id } } });
    expect(other.status).toBe(409);
  });

  it('without a key after the end is a new job', async () => {
    const first = await call('solve', { params, body: options });
    await call('cancelJob', { params: { job_id: first.body.job.id } });
    const second = await call('solve', { params, body: options });

    expect(second.status).toBe(202);
    expect(second.body.job.id).not.toBe(first.body.job.id);
  });

  it('clicked ten times at once is one job', async () => {
    const clicks = await Promise.all(Array.from({ length: 10 }, () => call('solve', { params, body: options })));

    expect(clicks.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(new Set(clicks.map(({ body }) => body.job?.id)).size).toBe(1);
    expect(world.jobs.all()).toHaveLength(1);
  });

  it('meets a job that the issue does not name yet', async () => {
    world.faults.before('sessions.moveLastJob', new Error('down'));
    const first = await call('solve', { params, body: options });
    const [orphan] = world.jobs.all();
    const again = await call('solve', { params, body: options });

    expect(first.status).toBe(202);
    expect(again).toMatchObject({ status: 200, body: { job: { id: orphan?.id } } });
    expect((await world.sessions.issue('acme', params.id, params.issue_id))?.last_job).toBe(orphan?.id);
  });
});

describe('a solve that cannot be', () => {
  it('asks for more attempts than there are permits: 422, naming the field', async () => {
    const { status, body } = await call('solve', { params, body: { attempts: 5 } });

    expect(status).toBe(422);
    expect(body.message).toBe('Not valid in the request: attempts.');
    expect(body.fields).toEqual([
      { field: 'attempts', message: 'At most 4 sandboxes may run at once here, 5 are asked for.' },
    ]);
    expect(body.remedy).toContain('Ask for 4 or fewer attempts');
  });

  it('names a provider that is not here: 422, naming those that are', async () => {
    const { status, body } = await call('solve', { params, body: { models: ['nobody/model'] } });

    expect(status).toBe(422);
    expect(body.remedy).toContain('openai');
  });

  it('costs more than the day has left: 402', async () => {
    const body = { ...options, limits: { cost_usd: 60 } };
    const first = await call('solve', { params, body, headers: { 'idempotency-key': 'a' } });
    const second = await call('solve', { params, body, headers: { 'idempotency-key': 'b' } });

    expect([first.status, second.status]).toEqual([202, 402]);
    expect(second.body.code).toBe('budget_refused');
    expect(world.jobs.all()).toHaveLength(1);
  });

  it('comes when fifty wait already: 429 with Retry-After', async () => {
    const { body } = await call('solve', { params, body: options });
    const row = await world.jobs.get('acme', body.job.id);
    for (let n = 2; n <= 51; n += 1) world.jobs.seed({ ...row!, id: anId('j', n), waiting_since: world.clock.at() });

    const refused = await call('solve', { params, headers: { 'idempotency-key': 'next' }, body: options });

    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('60');
  });

  it('has a wrong body: 400, naming each field', async () => {
    const body = { attempts: 99, wat: 1, limits: { steps: 'many' } };
    const refused = await call('solve', { params, body });

    expect(refused.status).toBe(400);
    const fields = refused.body.fields.map(({ field }: { field: string }) => field);
    expect(fields.toSorted()).toEqual(['attempts', 'limits.steps', 'wat']);
    expect(refused.body.message).toMatch(/^Not valid in the request: .*\bwat\b/);
    expect(refused.body.detail).toBe(refused.body.message);
  });

  it('is for an issue of somebody else: 404', async () => {
    for (const claims of [{ tenant: 'rival' }, { sub: 'bob' }]) {
      expect((await call('solve', { params, claims })).status).toBe(404);
    }
  });
});
