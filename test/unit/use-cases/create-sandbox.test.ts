import { describe, expect, it } from 'vitest';
import { PatchbayError, ProviderBusy } from '#core/errors';
import { createSandbox } from '#core/use-cases/create-sandbox';
import { tenant } from '#test/support/builders';
import { aRunningJob } from '#test/support/running-job';

describe('a sandbox', () => {
  it('is on the row and on the attempt, lives 120 s, and says when the runner has to end', async () => {
    const { world, step, row, attempt, job } = await aRunningJob();

    const result = await createSandbox(world, step());

    expect(result).toEqual({ sandbox_id: 'sbx1', run_timeout_seconds: 1_980 });
    expect(await row()).toMatchObject({ state: 'live', sandbox_id: 'sbx1', deadline_at: world.clock.at(1_800) });
    expect(await attempt()).toMatchObject({ status: 'running', sandbox_id: 'sbx1', deadline: world.clock.at(2_220) });
    const [sandbox] = world.sandboxes.all;
    expect(sandbox?.endsAt).toBe(world.clock.now() + 120_000);
    expect(sandbox?.metadata).toMatchObject({
      install_id: 'test-install',
      tenant,
      job_id: (await job()).id,
      sandbox_key: 'X#1#solve',
      dispatch: '1',
      nonce: (await row()).nonce,
      session_id: (await job()).session_id,
      chat_id: (await job()).session_id,
      user_id: 'ada',
    });
  });

  it('has its nonce on a row before it is created', async () => {
    const { world, step, row } = await aRunningJob();
    let nonce: string | undefined;
    world.faults.meanwhile('sandboxes.create', async () => {
      nonce = (await row())?.nonce;
    });

    await createSandbox(world, step());

    expect(nonce).toBe(world.sandboxes.all[0]?.metadata.nonce);
  });

  it('is the same one when the step is repeated', async () => {
    const { world, step } = await aRunningJob();

    const first = await createSandbox(world, step());
    const second = await createSandbox(world, step());

    expect(second).toEqual(first);
    expect(world.sandboxes.all).toHaveLength(1);
  });

  it('whose create was not answered is adopted', async () => {
    const { world, step } = await aRunningJob();
    world.faults.after('sandboxes.create', new Error('fetch failed'));

    const { sandbox_id } = await createSandbox(world, step());

    expect(sandbox_id).toBe('sbx1');
    expect(world.sandboxes.all).toHaveLength(1);
  });

  it('whose create was not answered and that is not listed yet is adopted by the next try', async () => {
    const { world, step } = await aRunningJob();
    world.faults.after('sandboxes.create', new Error('fetch failed'));
    world.faults.answer('sandboxes.list', [], 2);

    await expect(createSandbox(world, step())).rejects.toMatchObject({ name: 'ProviderBusy' });
    const { sandbox_id } = await createSandbox(world, step());

    expect(sandbox_id).toBe('sbx1');
    expect(world.sandboxes.alive()).toHaveLength(1);
  });

  it('that was created twice after all is alive once', async () => {
    const { world, step } = await aRunningJob();
    world.faults.after('sandboxes.create', new Error('fetch failed'));
    world.faults.answer('sandboxes.list', [], 3);
    await createSandbox(world, step()).catch(() => undefined);

    await createSandbox(world, step());
    const { sandbox_id } = await createSandbox(world, step());

    expect(world.sandboxes.all).toHaveLength(2);
    expect(world.sandboxes.alive().map(({ id }) => id)).toEqual([sandbox_id]);
  });

  it('of an earlier dispatch under the same key is killed', async () => {
    const { world, step, input } = await aRunningJob();
    const old = { install_id: 'test-install', tenant, job_id: input.job_id, sandbox_key: 'X#1#solve' };
    await world.sandboxes.create({ ...old, nonce: 'old', dispatch: '0' } as never, { seconds: 100 }, { allow: [] });

    const { sandbox_id } = await createSandbox(world, step());

    expect(world.sandboxes.alive().map(({ id }) => id)).toEqual([sandbox_id]);
  });

  it('is refused as ProviderBusy, for the machine to try again', async () => {
    const { world, step, attempt } = await aRunningJob();
    world.faults.before('sandboxes.create', new ProviderBusy('no slot'));

    await expect(createSandbox(world, step())).rejects.toMatchObject({ name: 'ProviderBusy' });

    expect((await attempt()).status).toBe('waiting');
    expect(world.faults.calls.filter((call) => call === 'sandboxes.list')).toHaveLength(1);
  });

  it('that can never be created fails with the provider’s reason', async () => {
    const { world, step } = await aRunningJob();
    world.faults.before('sandboxes.create', new PatchbayError('internal', 'no such template'));

    await expect(createSandbox(world, step())).rejects.toThrow('no such template');
  });
});

describe('the lease', () => {
  it('has to be held: without it nothing is created', async () => {
    const { world, step, input } = await aRunningJob();
    await world.permits.release('install', [`${input.job_id}-1#0`]);

    await expect(createSandbox(world, step())).rejects.toMatchObject({ name: 'ProviderBusy' });

    expect(world.sandboxes.all).toEqual([]);
  });

  it('of slot 0 runs to the job’s deadline and on; that of another slot to its own rung', async () => {
    const { world, step, input, job } = await aRunningJob(2);
    world.clock.advanceSeconds(10);

    await createSandbox(world, step('solve', 1));
    await createSandbox(world, step('solve', 2));

    const leases = await world.permits.leases('install');
    const deadline = new Date(Date.parse((await job()).deadline ?? '') + 300_000).toISOString();
    expect(leases[`${input.job_id}-1#0`]).toBe(deadline);
    expect(leases[`${input.job_id}-1#1`]).toBe(world.clock.at(2_700));
  });

  it('carries Verify only when the solve’s sandbox is dead for sure', async () => {
    const { world, step, attempt } = await aRunningJob();
    await createSandbox(world, step());
    const running = await attempt();
    const collecting = await world.attempts.transition(running, 'collecting', {});
    await world.attempts.transition(collecting, 'verifying', {});
    world.faults.answer('sandboxes.kill', false);

    await expect(createSandbox(world, step('verify'))).rejects.toMatchObject({ name: 'ProviderBusy' });
    expect(world.sandboxes.all).toHaveLength(1);

    await createSandbox(world, step('verify'));
    expect(world.sandboxes.alive().map(({ metadata }) => metadata.sandbox_key)).toEqual(['X#1#verify']);
  });

  it('of slot 0 carries the judge only when every sandbox is dead', async () => {
    const { world, step } = await aRunningJob(2);
    await createSandbox(world, step('solve', 1));
    world.faults.answer('sandboxes.kill', false);

    await expect(createSandbox(world, step('judge'))).rejects.toMatchObject({ name: 'ProviderBusy' });
    const { run_timeout_seconds } = await createSandbox(world, step('judge'));

    expect(run_timeout_seconds).toBe(1_080);
    expect(world.sandboxes.alive().map(({ metadata }) => metadata.sandbox_key)).toEqual(['X#judge']);
  });
});

describe('a job that is not at work any more', () => {
  it('gets no sandbox', async () => {
    const { world, step, cancel } = await aRunningJob();
    await cancel();

    await expect(createSandbox(world, step())).rejects.toMatchObject({ name: 'Cancelled' });

    expect(world.sandboxes.all).toEqual([]);
  });

  it('loses the one that an earlier try of the step made', async () => {
    const { world, step, cancel, row } = await aRunningJob();
    await createSandbox(world, step());
    await cancel();

    await expect(createSandbox(world, step())).rejects.toMatchObject({ name: 'Cancelled' });

    expect(world.sandboxes.alive()).toEqual([]);
    expect((await row()).state).toBe('dead');
  });

  it('loses the one that was created while it was cancelled', async () => {
    const { world, step, cancel, attempt } = await aRunningJob();
    world.faults.meanwhile('sandboxes.create', cancel);

    await expect(createSandbox(world, step())).rejects.toMatchObject({ name: 'Cancelled' });

    expect(world.sandboxes.all).toHaveLength(1);
    expect(world.sandboxes.alive()).toEqual([]);
    expect((await attempt()).status).toBe('waiting');
  });

  it('loses the one whose attempt ended while it was created', async () => {
    const { world, step, attempt } = await aRunningJob();
    world.faults.meanwhile('sandboxes.create', async () => {
      await world.attempts.transition(await attempt(), 'failed', {});
    });

    await expect(createSandbox(world, step())).rejects.toMatchObject({ name: 'Cancelled' });

    expect(world.sandboxes.alive()).toEqual([]);
  });

  it('loses the one whose attempt ended at the last moment', async () => {
    const { world, step, attempt } = await aRunningJob();
    world.faults.meanwhile('attempts.transition', async () => {
      world.attempts.seed({ ...(await attempt()), status: 'cancelled', v: 9 });
    });

    await expect(createSandbox(world, step())).rejects.toMatchObject({ name: 'Cancelled' });

    expect(world.sandboxes.alive()).toEqual([]);
  });

  it('of another dispatch is none of this step’s business', async () => {
    const { world, step } = await aRunningJob();

    await expect(createSandbox(world, { ...step(), dispatch: 2 })).rejects.toMatchObject({ name: 'Cancelled' });
  });

  it('gets no second sandbox for one that somebody has killed', async () => {
    const { world, step, row } = await aRunningJob();
    await createSandbox(world, step());
    await world.sandboxRows.change(await row(), { state: 'dead' });

    await expect(createSandbox(world, step())).rejects.toMatchObject({ name: 'SandboxLost' });

    expect(world.sandboxes.all).toHaveLength(1);
  });
});
