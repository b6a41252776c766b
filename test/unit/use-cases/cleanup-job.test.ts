import { describe, expect, it } from 'vitest';
import { cleanupJob } from '#core/use-cases/cleanup-job';
import { createSandbox } from '#core/use-cases/create-sandbox';
import { tenant } from '#test/support/builders';
import { patch } from '#test/support/runner-scripts';
import { aRunningJob } from '#test/support/running-job';

const aSandboxOf = (job_id: string, dispatch: string) =>
  ({ install_id: 'test-install', tenant, job_id, sandbox_key: 'X#1#solve', dispatch, nonce: 'x' }) as never;

describe('the clean-up of a job', () => {
  it('ends a cancelled one with its checkpoints, and gives everything back', async () => {
    const { world, input, row, job, attempt, cancel, leases, started } = await aRunningJob(2);
    await started('solve', 1);
    const token = (await row()).token_sha256 ?? '';
    world.artifacts.upload(`${tenant}/${input.job_id}/1/1/checkpoints/diff.patch`, patch());
    await cancel();

    await cleanupJob(world, { tenant, job_id: input.job_id, dispatch: 1, reason: 'Cancelled: by the user' });

    expect(await job()).toMatchObject({ status: 'cancelled', finished_at: world.clock.at() });
    expect((await job()).failure).toBeUndefined();
    expect(await attempt(1)).toMatchObject({
      status: 'cancelled',
      artifacts: [{ name: '1/1/diff.patch', partial: true }],
    });
    expect((await attempt(2)).status).toBe('cancelled');
    const manifest = world.artifacts.text(`${tenant}/${input.job_id}/1/job/manifest.json`);
    expect(JSON.parse(manifest)).toMatchObject({ failure: null, artifacts: [{ name: '1/1/diff.patch' }] });
    expect(world.sandboxes.alive()).toEqual([]);
    expect(await leases()).toEqual([]);
    expect(await world.attemptTokens.find(token)).toBeUndefined();
    expect((await world.budgets.spent(tenant, '2026-01-05')).reserved).toBe(0);
  });

  it('counts a model call in flight at its maximum, in the budget and on the attempt', async () => {
    const { world, input, attempt, cancel, started } = await aRunningJob();
    await started();
    const key = { tenant, job_id: input.job_id, attempt: 1 };
    const limits = { micro_usd: 1e6, calls: 9, staleBefore: '' };
    await world.meter.open(key, { id: 'c1', at: world.clock.at(), max_micro_usd: 300_000 }, limits);
    await cancel();

    await cleanupJob(world, { tenant, job_id: input.job_id, dispatch: 1, reason: 'Cancelled: by the user' });
    await world.meter.settle(key, 'c1', { micro_usd: 20_000, input: 1, output: 1, cached: 0, counted: true });

    const { cost_usd } = (await attempt()).usage;
    const { spent, reserved } = await world.budgets.spent(tenant, '2026-01-05');
    expect(cost_usd).toBe(0.3);
    expect(spent).toBeGreaterThanOrEqual(300_000);
    expect(reserved).toBe(0);
  });

  it.each([
    ['FAILED', 'internal'],
    ['States.Runtime: {"secret":"stack"}', 'internal'],
    ['TIMED_OUT', 'timed_out'],
    ['DeadlineExceeded', 'timed_out'],
    ['States.Timeout: ', 'timed_out'],
  ])('of a running one by %s fails it as %s', async (reason, code) => {
    const { world, input, job, attempt } = await aRunningJob();

    await cleanupJob(world, { tenant, job_id: input.job_id, dispatch: 1, reason });

    expect((await job()).failure?.code).toBe(code);
    expect((await attempt()).failure?.code).toBe(code);
    expect(JSON.stringify(await job())).not.toContain('stack');
  });

  it('can run several times, and several at once', async () => {
    const { world, input, job, started } = await aRunningJob();
    await started();
    const input1 = { tenant, job_id: input.job_id, dispatch: 1, reason: 'FAILED' };

    await Promise.all([cleanupJob(world, input1), cleanupJob(world, input1)]);
    await cleanupJob(world, input1);

    expect((await job()).transitions.map(({ to }) => to)).toEqual(['queued', 'running', 'failed']);
  });

  it('ends as cancelled when the cancel comes in the middle', async () => {
    const { world, input, job } = await aRunningJob();
    world.faults.meanwhile('jobs.transition', async () => {
      world.jobs.seed({ ...(await job()), status: 'cancelling', v: 3 });
    });

    await cleanupJob(world, { tenant, job_id: input.job_id, dispatch: 1, reason: 'FAILED' });

    expect((await job()).status).toBe('cancelled');
  });

  it('of another execution kills the sandboxes of its own dispatch and nothing else', async () => {
    const { world, input, job, leases, started } = await aRunningJob();
    await started();
    await world.sandboxes.create(aSandboxOf(input.job_id, '7'), { seconds: 100 }, { allow: [] });
    const foreign = world.executions.arnOf(`${input.job_id}-1-7`);

    await cleanupJob(world, { tenant, job_id: input.job_id, dispatch: 7, reason: 'FAILED', execution_arn: foreign });

    expect((await job()).status).toBe('running');
    expect(world.sandboxes.alive().map(({ metadata }) => metadata.dispatch)).toEqual(['1']);
    expect(await leases()).not.toEqual([]);
  });

  it('by the event of another round’s execution does not end this one', async () => {
    const { world, input, job, started } = await aRunningJob();
    await started();
    const foreign = world.executions.arnOf(`${input.job_id}-9-1`);

    await cleanupJob(world, { tenant, job_id: input.job_id, dispatch: 1, reason: 'FAILED', execution_arn: foreign });

    expect((await job()).status).toBe('running');
    expect(world.sandboxes.alive()).toHaveLength(1);
  });

  it('acts on the event of the row’s own execution, also when the row does not know it yet', async () => {
    const { world, input, job } = await aRunningJob();
    const { execution_arn, ...unnoted } = await job();
    world.jobs.seed(unnoted);

    const event = { tenant, job_id: input.job_id, dispatch: 1, reason: 'ABORTED', execution_arn: execution_arn ?? '' };
    await cleanupJob(world, event);

    expect((await job()).status).toBe('failed');
  });

  it('leaves the slots of a job that is queued again to its next dispatch', async () => {
    const { world, input, job, leases } = await aRunningJob();
    world.jobs.seed({ ...(await job()), status: 'queued' });

    await cleanupJob(world, { tenant, job_id: input.job_id, dispatch: 1, reason: 'FAILED' });

    expect((await job()).status).toBe('queued');
    expect(await leases()).not.toEqual([]);
  });

  it('ends attempts before it looks for sandboxes: one that is created meanwhile kills itself', async () => {
    const { world, input, step } = await aRunningJob();
    let created: Promise<unknown> = Promise.resolve();
    world.faults.meanwhile('sandboxes.list', () => {
      created = createSandbox(world, step()).catch((error: Error) => error.name);
      return created;
    });

    await cleanupJob(world, { tenant, job_id: input.job_id, dispatch: 1, reason: 'FAILED' });

    expect(await created).toBe('Cancelled');
    expect(world.sandboxes.alive()).toEqual([]);
  });

  it('ends the job although the provider is down, and keeps the slots of what may live', async () => {
    const { world, input, job, leases, started } = await aRunningJob();
    await started();
    world.faults.before('sandboxes.list', new Error('down'), 9);
    world.faults.before('sandboxes.kill', new Error('down'), 9);

    await cleanupJob(world, { tenant, job_id: input.job_id, dispatch: 1, reason: 'FAILED' });

    expect((await job()).status).toBe('failed');
    expect(await leases()).toContain(`${input.job_id}-1#0`);
  });

  it('of a job that does not exist is nothing', async () => {
    const { world } = await aRunningJob();

    await cleanupJob(world, { tenant, job_id: 'jnone', dispatch: 1, reason: 'FAILED' });

    expect(world.faults.calls.filter((call) => call.startsWith('sandboxes'))).toEqual([]);
  });
});
