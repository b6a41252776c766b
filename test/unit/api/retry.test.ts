import { beforeEach, describe, expect, it } from 'vitest';
import { jobStatuses } from '#core/job/lifecycle';
import { anApi } from '../../support/an-api.ts';
import { aJob, anId, anIssue, aSession, tenant } from '../../support/builders.ts';
import { type FakeWorld, fakeWorld } from '../../support/fake-world.ts';

const at = { id: anId('s'), issue_id: anId('i') };
const options = { models: ['replay/sample'], attempts: 2, test_command: 'npm test' };
let world: FakeWorld;
let call: ReturnType<typeof anApi>;
const retry = (job_id: string) => call('retryJob', { params: { job_id } });

beforeEach(async () => {
  world = fakeWorld();
  call = anApi(world);
  await world.sessions.create(aSession());
  await world.sessions.addIssue(anIssue());
});

async function cancelledJob(): Promise<string> {
  const { body } = await call('solve', { params: at, body: options });
  await call('cancelJob', { params: { job_id: body.job.id } });
  return body.job.id;
}

describe('a retry', () => {
  it('is a new job of the same issue with the same options, admitted like any other', async () => {
    const id = await cancelledJob();

    const { status, headers, body } = await retry(id);

    expect(status).toBe(202);
    expect(headers['x-job-id']).toBe(body.job.id);
    expect(body.job).toMatchObject({ status: 'queued', retry_of: id, issue_id: anId('i'), options });
    expect(body.job.id).not.toBe(id);
    expect(world.queue.sent.at(-1)).toEqual({ tenant, job_id: body.job.id, round: 1 });
    expect(world.log.of(tenant, body.job.id)).toMatchObject([{ seq: 1, data: { status: 'queued' } }]);
    expect((await world.sessions.issue(tenant, at.id, at.issue_id))?.last_job).toBe(body.job.id);
    expect((await call('getJob', { params: { job_id: id } })).body.status).toBe('cancelled');
  });

  it('clicked ten times at once is one job, paid for once', async () => {
    const id = await cancelledJob();

    const clicks = await Promise.all(Array.from({ length: 10 }, () => retry(id)));

    expect(clicks.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(clicks.filter(({ status }) => status === 200)).toHaveLength(9);
    expect(new Set(clicks.map(({ body }) => body.job.id)).size).toBe(1);
    expect(world.jobs.all()).toHaveLength(2);
    const [day = ''] = world.clock.at().split('T');
    // $3 for the models of two attempts; 3,540 s of sandboxes for each, 1,320 s to judge.
    expect((await world.budgets.spent(tenant, day)).reserved).toBe(3_000_000 + (2 * 3_540 + 1_320) * 46);
  });

  it('that has ended is answered again, and can be retried itself', async () => {
    const id = await cancelledJob();
    const first = await retry(id);
    await call('cancelJob', { params: { job_id: first.body.job.id } });

    const again = await retry(id);
    const next = await retry(first.body.job.id);

    expect([again.status, again.body.job.id]).toEqual([200, first.body.job.id]);
    expect([next.status, next.body.job.retry_of]).toEqual([202, first.body.job.id]);
  });

  it('is what a solve without a key then meets', async () => {
    const { body } = await retry(await cancelledJob());

    const solve = await call('solve', { params: at, body: options });

    expect([solve.status, solve.body.job.id]).toEqual([200, body.job.id]);
  });

  it('is made although another job of the issue is at work', async () => {
    const id = await cancelledJob();
    const other = await call('solve', { params: at, body: { ...options, attempts: 1 } });

    const { status, body } = await retry(id);

    expect([status, body.job.retry_of]).toEqual([202, id]);
    expect(body.job.id).not.toBe(other.body.job.id);
  });

  it('waits for money of the day like any other', async () => {
    const id = await cancelledJob();
    const [day = ''] = world.clock.at().split('T');
    const cap = world.installation.tenant_daily_usd * 1_000_000;
    await world.budgets.reserve(tenant, day, anId('j', 5), cap, cap);

    const { status, body } = await retry(id);

    expect([status, body.code]).toEqual([402, 'budget_refused']);
    expect(world.jobs.all()).toHaveLength(1);
  });

  it.each(['completed', 'rejected', 'failed', 'cancelled'] as const)('follows a job that is %s', async (status) => {
    world.jobs.seed(aJob({ status }));

    expect((await retry(anId('j'))).status).toBe(202);
  });

  it.each(jobStatuses.filter((status) => !['completed', 'rejected', 'failed', 'cancelled'].includes(status)))(
    'of a job that is %s is a conflict with a remedy',
    async (status) => {
      world.jobs.seed(aJob({ status }));

      const { status: answer, body } = await retry(anId('j'));

      expect([answer, body.code]).toEqual([409, 'conflict']);
      expect(body.remedy).toContain('cancel it first');
      expect(world.jobs.all()).toHaveLength(1);
    },
  );

  it('of somebody else’s job finds none', async () => {
    world.jobs.seed(aJob({ status: 'failed' }));

    const foreign = await call('retryJob', { params: { job_id: anId('j') }, claims: { sub: 'eve', tenant: 'acme' } });

    expect(foreign.status).toBe(404);
    expect(world.jobs.all()).toHaveLength(1);
  });
});
