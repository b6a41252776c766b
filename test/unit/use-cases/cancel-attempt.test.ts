import { describe, expect, it } from 'vitest';
import { cancelAttempt } from '#core/use-cases/cancel-attempt';
import { cleanupJob } from '#core/use-cases/cleanup-job';
import { collect } from '#core/use-cases/collect';
import { createSandbox } from '#core/use-cases/create-sandbox';
import { endAttempt } from '#core/use-cases/end-attempt';
import { finish } from '#core/use-cases/finish';
import { sweep } from '#core/use-cases/sweep';
import { tenant, user } from '#test/support/builders';
import { playMachine, type Script } from '#test/support/mini-machine';
import { aResult, healthy, patch } from '#test/support/runner-scripts';
import { aRunningJob, type RunningJob } from '#test/support/running-job';

const caller = { tenant, user };
const cancel = ({ world, input }: RunningJob, n: number) => cancelAttempt(world, { caller, job_id: input.job_id, n });
const statuses = async ({ world, input }: RunningJob) =>
  (await world.attempts.list(tenant, input.job_id)).map(({ status }) => status);

describe('cancelling one attempt', () => {
  it('writes first, then fails the task of that attempt alone', async () => {
    const running = await aRunningJob(2);
    await running.started('solve', 1);
    await running.started('solve', 2);

    const job = await cancel(running, 2);

    expect(job.status).toBe('running');
    expect(await statuses(running)).toEqual(['running', 'cancelled']);
    expect(running.world.taskTokens.answers).toMatchObject([{ token: 'task-solve-2', error: 'Cancelled' }]);
    const told = running.world.log.of(tenant, job.id).filter(({ src }) => src === 'attempt-2');
    expect(told.at(-1)?.data).toMatchObject({ status: 'cancelled', reason: 'cancelled by the user', attempt: 2 });
  });

  it('repeated changes nothing and tells the task again', async () => {
    const running = await aRunningJob(2);
    await running.started('solve', 2);
    await cancel(running, 2);
    const before = await running.attempt(2);
    running.world.clock.advanceSeconds(5);

    await cancel(running, 2);

    expect(await running.attempt(2)).toEqual(before);
    expect(running.world.faults.calls.filter((name) => name === 'taskTokens.fail')).toHaveLength(2);
  });

  it('that died before the log was level is completed by the next', async () => {
    const running = await aRunningJob(2);
    running.world.faults.before('log.append', new Error('down'));

    await expect(cancel(running, 2)).rejects.toThrow('down');
    await cancel(running, 2);

    const told = running.world.log.of(tenant, running.input.job_id).map(({ data }) => data.status);
    expect(told.filter((status) => status === 'cancelled')).toHaveLength(1);
  });

  it('loses against the end that was written meanwhile: nothing of it is overwritten', async () => {
    const running = await aRunningJob(2);
    await running.started('solve', 2);
    running.world.faults.meanwhile('attempts.transition', async () => {
      running.world.attempts.seed({ ...(await running.attempt(2)), status: 'failed', v: 9 });
    });

    await expect(cancel(running, 2)).rejects.toMatchObject({ code: 'conflict' });

    expect(await running.attempt(2)).toMatchObject({ status: 'failed', v: 9 });
    expect(running.world.taskTokens.answers).toEqual([]);
  });

  it('decides again on an attempt that has only moved on', async () => {
    const running = await aRunningJob(2);
    await running.started('solve', 2);
    running.world.faults.meanwhile('attempts.transition', async () => {
      await running.world.attempts.transition(await running.attempt(2), 'collecting', {});
    });

    await cancel(running, 2);

    expect((await running.attempt(2)).transitions.map(({ to }) => to).slice(-2)).toEqual(['collecting', 'cancelled']);
  });

  it('before its sandbox is there keeps it from being made', async () => {
    const running = await aRunningJob(2);
    await cancel(running, 2);

    await expect(createSandbox(running.world, running.step('solve', 2))).rejects.toMatchObject({ name: 'Cancelled' });

    expect(running.world.sandboxes.all).toEqual([]);
  });
});

describe('cancelling an attempt that is verified', () => {
  async function verifying() {
    const running = await aRunningJob(2);
    const runner = await running.started('solve', 2);
    runner.leave('diff.patch', patch());
    runner.leave('result.json', aResult());
    await collect(running.world, running.step('solve', 2));
    return running;
  }

  it('keeps its diff, whole, and what the verification has so far', async () => {
    const running = await verifying();
    const verifier = await running.started('verify', 2);
    verifier.leave('logs.txt', 'verified so far');
    await cancel(running, 2);

    const result = await collect(running.world, { ...running.step('verify', 2), error: 'Cancelled' });

    expect(result).toEqual({ verify: false, status: 'cancelled' });
    expect(running.world.taskTokens.answers).toMatchObject([{ token: 'task-verify-2', error: 'Cancelled' }]);
    const { artifacts } = await running.attempt(2);
    expect(artifacts.map(({ name, partial }) => [name, partial])).toEqual([
      ['1/2/diff.patch', false],
      ['1/2/result.json', false],
      ['1/2/verify-logs.txt', true],
    ]);
    expect(running.world.sandboxes.alive()).toEqual([]);
  });

  it('between its two sandboxes keeps the second from being made', async () => {
    const running = await verifying();
    await cancel(running, 2);

    await expect(createSandbox(running.world, running.step('verify', 2))).rejects.toMatchObject({ name: 'Cancelled' });

    expect((await running.attempt(2)).artifacts.map(({ name }) => name)).toContain('1/2/diff.patch');
    expect(running.world.sandboxes.alive()).toEqual([]);
  });
});

describe('the runner of a cancelled attempt', () => {
  it('hears cancel even if its task could not be told, the others hear go; its last words are taken, its life is not prolonged', async () => {
    const running = await aRunningJob(2);
    const first = await running.started('solve', 1);
    const second = await running.started('solve', 2);
    running.world.faults.before('taskTokens.fail', new Error('throttled'));
    await cancel(running, 2);
    running.world.clock.advanceSeconds(60);

    const heard = await second.say('cancelled', 'done');

    expect(heard).toMatchObject({ ack: 2, state: 'cancel' });
    expect(heard.renew_until).toBeUndefined();
    expect(running.world.taskTokens.answers.at(-1)).toMatchObject({ token: 'task-solve-2', kind: 'succeed' });
    expect(await first.say('step')).toMatchObject({ state: 'go' });
  });

  it('is spared by the sweeper while its files are taken, and no longer', async () => {
    const running = await aRunningJob(2);
    await running.started('solve', 2);
    await cancel(running, 2);

    expect(await sweep(running.world)).toMatchObject({ OrphansKilled: 0 });
    running.world.clock.advanceSeconds(200);

    expect(await sweep(running.world)).toMatchObject({ OrphansKilled: 1 });
  });
});

describe('what a cancelled attempt leaves', () => {
  it('is collected, labelled partial, and the sandbox killed', async () => {
    const running = await aRunningJob(2);
    const runner = await running.started('solve', 2);
    runner.leave('diff.patch', patch());
    runner.leave('logs.txt', 'so far');
    await cancel(running, 2);

    const result = await collect(running.world, { ...running.step('solve', 2), error: 'Cancelled' });

    expect(result).toEqual({ verify: false, status: 'cancelled' });
    const { artifacts, diff } = await running.attempt(2);
    expect(artifacts).toMatchObject([
      { name: '1/2/diff.patch', partial: true },
      { name: '1/2/logs.txt', partial: true },
    ]);
    expect(diff).toMatchObject({ files: 1 });
    expect(running.world.sandboxes.alive()).toEqual([]);
  });

  it('is listed too when the cancel comes while it is collected', async () => {
    const running = await aRunningJob(1);
    const runner = await running.started();
    runner.leave('diff.patch', patch());
    runner.leave('result.json', aResult());
    running.world.faults.meanwhile('sandboxes.setLife', () => cancel(running, 1));

    expect(await collect(running.world, running.step())).toEqual({ verify: false, status: 'cancelled' });

    expect((await running.attempt()).artifacts.map(({ name }) => name)).toContain('1/1/diff.patch');
  });

  it('is its checkpoints where no Collect came to it', async () => {
    const running = await aRunningJob(2);
    await running.started('solve', 2);
    running.world.artifacts.upload(`${tenant}/${running.input.job_id}/1/2/checkpoints/diff.patch`, patch());
    await cancel(running, 2);

    await endAttempt(running.world, { ...running.step('solve', 2), error: 'Cancelled' });

    expect((await running.attempt(2)).artifacts).toMatchObject([{ name: '1/2/diff.patch', partial: true }]);
    expect(await running.leases()).not.toContain(`${running.input.job_id}-1#1`);
  });

  it('is kept by the outer layers when the machine died with it', async () => {
    const running = await aRunningJob(2);
    await running.started('solve', 2);
    const { job_id } = running.input;
    running.world.artifacts.upload(`${tenant}/${job_id}/1/2/checkpoints/diff.patch`, patch());
    await cancel(running, 2);

    await cleanupJob(running.world, { tenant, job_id, dispatch: 1, reason: 'States.Runtime: gone' });

    expect((await running.attempt(2)).artifacts).toMatchObject([{ name: '1/2/diff.patch', partial: true }]);
    expect(await statuses(running)).toEqual(['failed', 'cancelled']);
  });
});

describe('a job of which attempts were cancelled', () => {
  /** Cancels the attempts that are named as soon as their runner works. */
  const cancelling =
    (running: RunningJob, ...numbers: number[]): Script =>
    async (runner) => {
      const n = Number(runner.sandbox.metadata.sandbox_key?.split('#')[1]);
      if (!numbers.includes(n)) return await healthy()(runner);
      runner.leave('diff.patch', patch());
      await cancel(running, n);
    };

  it('is solved by the others', async () => {
    const running = await aRunningJob(2);

    const { status } = await playMachine(running.world, running.input, cancelling(running, 1));

    expect(status).toBe('awaiting_review');
    expect(await statuses(running)).toEqual(['cancelled', 'solved']);
    expect((await running.job()).verdict?.winner).toBe(2);
    expect(running.world.sandboxes.alive()).toEqual([]);
    expect(await running.leases()).toEqual([]);
  });

  it('is cancelled when they all were, and gives everything back', async () => {
    const running = await aRunningJob(2);

    const { status } = await playMachine(running.world, running.input, cancelling(running, 1, 2));

    expect(status).toBe('cancelled');
    const job = await running.job();
    expect(job).toMatchObject({ cancel_reason: 'every attempt was cancelled', finished_at: running.world.clock.at() });
    expect(job.transitions.map(({ to }) => to).slice(-2)).toEqual(['cancelling', 'cancelled']);
    expect(job.artifacts.map(({ name }) => name)).toContain('1/job/manifest.json');
    expect(await running.leases()).toEqual([]);
    expect(await running.world.budgets.spent(tenant, '2026-01-05')).toMatchObject({ reserved: 0 });
  });

  it('is cancelled at once while it stands in the line', async () => {
    const running = await aRunningJob(1);
    running.world.jobs.seed({ ...(await running.job()), status: 'queued', waiting_since: running.world.clock.at() });

    expect((await cancel(running, 1)).status).toBe('cancelled');
  });

  it('goes back to the line when the provider refused all the others', async () => {
    const running = await aRunningJob(2);
    await cancel(running, 1);
    const { world, input } = running;
    const results = [
      await endAttempt(world, { ...running.step('solve', 1), error: 'Cancelled' }),
      await endAttempt(world, { ...running.step('solve', 2), error: 'ProviderBusy' }),
    ];

    expect(await finish(world, { tenant, job_id: input.job_id, round: 1, dispatch: 1, results })).toEqual({
      status: 'queued',
    });
    expect(await statuses(running)).toEqual(['cancelled', 'waiting']);
  });
});
