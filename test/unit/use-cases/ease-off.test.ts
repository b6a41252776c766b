import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProviderBusy } from '#core/errors';
import { easedLimit } from '#core/job/easing';
import { createSandbox } from '#core/use-cases/create-sandbox';
import { dispatchJob } from '#core/use-cases/dispatch-job';
import { endAttempt } from '#core/use-cases/end-attempt';
import { finish } from '#core/use-cases/finish';
import { permitLimits } from '#core/use-cases/permit-limits';
import { showStatus } from '#core/use-cases/show-status';
import { sweep } from '#core/use-cases/sweep';
import { aJob, anId, tenant, user } from '#test/support/builders';
import { aRunningJob, type RunningJob } from '#test/support/running-job';

const full = () => new ProviderBusy('maximum number of concurrent sandboxes', undefined, true);
const limit = async ({ world }: RunningJob) => (await permitLimits(world)).install;

/** A job whose first attempt has its sandbox, and whose second was refused one. */
async function refused(error = full()): Promise<RunningJob> {
  const running = await aRunningJob(2);
  await running.started('solve', 1);
  running.world.faults.before('sandboxes.create', error);
  await createSandbox(running.world, running.step('solve', 2)).catch(() => undefined);
  return running;
}

describe('the limit after a refusal', () => {
  const easing = { to: 3, at: '2026-01-05T09:00:00.000Z' };

  it('holds for five minutes, then grows by two a minute up to what it is set to', () => {
    const seconds = [0, 299, 300, 359, 360, 420, 480, 3_600];

    expect(seconds.map((age) => easedLimit(10, easing, age))).toEqual([3, 3, 3, 3, 5, 7, 9, 10]);
  });

  it('is never above what it is set to, never below what was there, and never shrinks with time', () => {
    const count = fc.integer({ min: 1, max: 1_100 });
    const age = fc.integer({ min: -60, max: 100_000 });
    fc.assert(
      fc.property(count, count, age, fc.nat(10_000), (set, to, at, later) => {
        const now = easedLimit(set, { ...easing, to }, at);
        expect(now).toBeLessThanOrEqual(set);
        expect(now).toBeGreaterThanOrEqual(Math.min(set, to));
        expect(easedLimit(set, { ...easing, to }, at + later)).toBeGreaterThanOrEqual(now);
      }),
    );
  });

  it('without one is what it is set to', () => {
    expect(easedLimit(10, undefined, 0)).toBe(10);
  });
});

describe('a provider that is full', () => {
  it('lowers the limit of the installation to the sandboxes that live, and everybody sees it', async () => {
    const running = await refused();

    expect(await limit(running)).toBe(1);
    const { slots } = await showStatus({ ...running.world, version: '1' }, { caller: { tenant, user } });
    expect(slots).toContainEqual({ scope: 'install', used: 2, limit: 1 });
    expect(running.world.notes).toContainEqual(expect.objectContaining({ fields: { level: 'warning', limit: 1 } }));
  });

  it('lowers it to one where nothing lives: somebody has to find out', async () => {
    const running = await aRunningJob();
    running.world.faults.before('sandboxes.create', full());

    await createSandbox(running.world, running.step()).catch(() => undefined);

    expect(await limit(running)).toBe(1);
  });

  it('keeps its own error when the limit cannot be lowered', async () => {
    const running = await aRunningJob();
    running.world.faults.before('sandboxes.create', full());
    running.world.faults.before('permits.ease', new Error('throttled'));

    await expect(createSandbox(running.world, running.step())).rejects.toMatchObject({ name: 'ProviderBusy' });

    expect(await limit(running)).toBe(16);
  });

  it('that only limits the rate lowers nothing', async () => {
    expect(await limit(await refused(new ProviderBusy('slow down')))).toBe(16);
  });
});

describe('jobs under a lowered limit', () => {
  it('wait, and are woken when it has grown back', async () => {
    const { world } = await refused();
    const other = world.jobs.seed(aJob({ id: anId('j', 2), user: 'bob' }));
    const dispatch = () => dispatchJob(world, { tenant, job_id: other.id, round: 1 });

    expect(await dispatch()).toBe('waiting');
    world.clock.advanceSeconds(290);
    expect(await sweep(world)).toMatchObject({ JobsWoken: 0 });
    // Two slots are held: from the second on there are three.
    world.clock.advanceSeconds(70);
    expect(await sweep(world)).toMatchObject({ JobsWoken: 1 });
    expect(await dispatch()).toBe('started');
  });

  it('that were refused themselves start again on the one slot that is left', async () => {
    const running = await aRunningJob();
    const { world, input } = running;
    world.faults.before('sandboxes.create', full());
    await createSandbox(world, running.step()).catch(() => undefined);
    const result = await endAttempt(world, { ...running.step(), error: 'ProviderBusy' });
    await finish(world, { tenant, job_id: input.job_id, round: 1, dispatch: 1, results: [result] });
    world.clock.advanceSeconds(31);

    expect(await dispatchJob(world, { tenant, job_id: input.job_id, round: 1 })).toBe('started');
  });
});
