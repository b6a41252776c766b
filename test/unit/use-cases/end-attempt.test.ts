import { describe, expect, it } from 'vitest';
import { collect } from '#core/use-cases/collect';
import { createSandbox } from '#core/use-cases/create-sandbox';
import { endAttempt } from '#core/use-cases/end-attempt';
import { aJob, anId, tenant } from '#test/support/builders';
import { aResult, patch } from '#test/support/runner-scripts';
import { aRunningJob } from '#test/support/running-job';

describe('the end of an attempt', () => {
  it.each([
    ['States.Timeout', 'timed_out'],
    ['States.HeartbeatTimeout', 'sandbox_lost'],
    ['SandboxLost', 'sandbox_lost'],
    ['TypeError', 'internal'],
  ])('by %s is failed, %s', async (error, code) => {
    const { world, step, attempt, started } = await aRunningJob();
    await started();

    const result = await endAttempt(world, { ...step(), error });

    expect(result).toEqual({ attempt: 1, status: 'failed', verified: false, repro: false, refused: false });
    expect((await attempt()).failure?.code).toBe(code);
    expect(world.sandboxes.alive()).toEqual([]);
  });

  it('shows no internals of an unexpected error', async () => {
    const { world, step, attempt, started } = await aRunningJob();
    await started();

    await endAttempt(world, { ...step(), error: 'Error', cause: '{"stackTrace":["at secret.ts"]}' });

    expect(JSON.stringify((await attempt()).failure)).not.toContain('secret.ts');
  });

  it('revokes the token and gives the slot back, which wakes the next in the line', async () => {
    const { world, step, row, leases, input, started } = await aRunningJob(2);
    await started('solve', 2);
    const token = (await row('solve', 2)).token_sha256 ?? '';
    world.jobs.seed(aJob({ id: anId('j', 9), waiting_since: world.clock.at() }));

    await endAttempt(world, { ...step('solve', 2), error: 'States.Timeout' });

    expect(await world.attemptTokens.find(token)).toBeUndefined();
    expect(new Set(await leases())).toEqual(new Set([`${input.job_id}-1#0`]));
    expect(world.queue.sent).toEqual([{ tenant, job_id: anId('j', 9), round: 1 }]);
  });

  it('keeps slot 0, which belongs to the job', async () => {
    const { world, step, leases, input, started } = await aRunningJob();
    await started();

    await endAttempt(world, { ...step(), error: 'States.Timeout' });

    expect(await leases()).toContain(`${input.job_id}-1#0`);
  });

  it('keeps the slot of a sandbox that is not dead for sure', async () => {
    const { world, step, leases, input, started } = await aRunningJob(2);
    await started('solve', 2);
    world.faults.before('sandboxes.kill', new Error('down'));

    const { status } = await endAttempt(world, { ...step('solve', 2), error: 'States.Timeout' });

    expect(status).toBe('failed');
    expect(await leases()).toContain(`${input.job_id}-1#1`);
  });

  it('of one that the provider refused leaves it waiting: all of them decide', async () => {
    const { world, step, attempt } = await aRunningJob();

    const result = await endAttempt(world, { ...step(), error: 'ProviderBusy' });

    expect(result).toMatchObject({ status: 'waiting', refused: true });
    expect((await attempt()).status).toBe('waiting');
  });

  it('kills what an unanswered create has left', async () => {
    const { world, step } = await aRunningJob();
    world.faults.after('sandboxes.create', new Error('fetch failed'));
    world.faults.answer('sandboxes.list', [], 2);
    await createSandbox(world, step()).catch(() => undefined);
    expect(world.sandboxes.alive()).toHaveLength(1);

    await endAttempt(world, { ...step(), error: 'ProviderBusy' });

    expect(world.sandboxes.alive()).toEqual([]);
  });

  it('whose Verify was refused is solved, unverified, and says so', async () => {
    const { world, step, attempt, started } = await aRunningJob();
    const runner = await started();
    runner.leave('diff.patch', patch());
    runner.leave('repro.tar', 'tests');
    runner.leave('result.json', aResult());
    await collect(world, step());

    const result = await endAttempt(world, { ...step(), error: 'ProviderBusy' });

    expect(result).toEqual({ attempt: 1, status: 'solved', verified: false, repro: true, refused: false });
    expect((await attempt()).transitions.at(-1)?.data?.reason).toContain('ProviderBusy');
  });

  it('without a Collect keeps the checkpoints', async () => {
    const { world, step, attempt, input, started } = await aRunningJob();
    await started();
    world.artifacts.upload(`${tenant}/${input.job_id}/1/1/checkpoints/diff.patch`, patch());

    await endAttempt(world, { ...step(), error: 'Lambda.TooManyRequestsException' });

    expect((await attempt()).artifacts).toMatchObject([{ name: '1/1/diff.patch', partial: true }]);
  });

  it('of a cancelled job is cancelled', async () => {
    const { world, step, attempt, cancel, started } = await aRunningJob();
    await started();
    await cancel();

    const { status } = await endAttempt(world, { ...step(), error: 'Cancelled' });

    expect(status).toBe('cancelled');
    expect((await attempt()).failure).toBeUndefined();
  });

  it('touches neither attempt nor slot when another dispatch has taken over', async () => {
    const { world, step, attempt, job, leases, input } = await aRunningJob(2);
    world.jobs.seed({ ...(await job()), dispatch: 2 });

    await endAttempt(world, { ...step('solve', 2), error: 'States.Timeout' });

    expect((await attempt(2)).status).toBe('waiting');
    expect(await leases()).toContain(`${input.job_id}-1#1`);
  });

  it('can be repeated', async () => {
    const { world, step, attempt, started } = await aRunningJob();
    await started();
    const first = await endAttempt(world, { ...step(), error: 'States.Timeout' });

    const second = await endAttempt(world, { ...step(), error: 'States.Timeout' });

    expect(second).toEqual(first);
    expect((await attempt()).transitions.filter(({ to }) => to === 'failed')).toHaveLength(1);
  });
});
