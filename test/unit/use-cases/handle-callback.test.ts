import { describe, expect, it } from 'vitest';
import { SandboxLost } from '#core/errors';
import { cleanupJob } from '#core/use-cases/cleanup-job';
import { handleCallback } from '#core/use-cases/handle-callback';
import { tenant } from '#test/support/builders';
import { aRunningJob } from '#test/support/running-job';

const hb = { phase: 'solving', steps: 1, cost_usd: 0.01 };

describe('the token', () => {
  it('has to be known, and of this very attempt', async () => {
    const { world, input, started } = await aRunningJob(2);
    const { job } = await started('solve', 1);
    const call = (attempt_id: string, token: string) =>
      handleCallback(world, { attempt_id, token, request: { from: 1, events: [], hb } });

    await expect(call(`${input.job_id}.1`, 'guessed')).rejects.toMatchObject({ code: 'unauthorized' });
    await expect(call(`${input.job_id}.2`, job.token)).rejects.toMatchObject({ code: 'unauthorized' });
    await expect(call(`${input.job_id}.judge`, job.token)).rejects.toMatchObject({ code: 'unauthorized' });
    await expect(call(`${input.job_id}.1`, job.token)).resolves.toMatchObject({ state: 'go' });
  });

  it('is worth nothing once it is revoked or has run out', async () => {
    const { world, row, started } = await aRunningJob();
    const runner = await started();
    await world.attemptTokens.revoke((await row()).token_sha256 ?? '');

    await expect(runner.say('step')).rejects.toMatchObject({ code: 'unauthorized' });
  });
});

describe('events', () => {
  it('enter the log once, with their source and attempt, and are acknowledged up to the last', async () => {
    const { world, input, started } = await aRunningJob();
    const runner = await started();
    const at = world.clock.at();
    const events = [1, 2, 3].map((src_seq) => ({ src_seq, type: 'step' as const, at, data: { n: src_seq } }));

    const first = await runner.send({ from: 1, events });
    const again = await runner.send({ from: 1, events });

    expect([first.ack, again.ack]).toEqual([3, 3]);
    const log = world.log.of(tenant, input.job_id).filter(({ src }) => src === 'solve-1@1');
    expect(log.map(({ src_seq, data }) => [src_seq, data])).toEqual(
      [1, 2, 3].map((n) => [n, { n, attempt: 1, round: 1 }]),
    );
    const pushed = world.live.pushed.filter(({ event }) => event.src === 'solve-1@1');
    expect(pushed).toHaveLength(3);
  });

  it('are not acknowledged when the log could not take them', async () => {
    const { world, started } = await aRunningJob();
    const runner = await started();
    world.faults.before('log.append', new Error('down'));

    await expect(runner.say('step')).rejects.toThrow('down');
  });

  it('out of order are refused', async () => {
    const { world, started } = await aRunningJob();
    const runner = await started();
    const at = world.clock.at();
    const events = [2, 1].map((src_seq) => ({ src_seq, type: 'step' as const, at, data: {} }));

    await expect(runner.send({ from: 2, events })).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('that are too large are cut, not refused', async () => {
    const { world, input, started } = await aRunningJob();
    const runner = await started();
    const data = { output: 'x'.repeat(20_000) };

    await runner.send({ events: [{ src_seq: 1, type: 'step', at: world.clock.at(), data }] });

    const event = world.log.of(tenant, input.job_id).find(({ src }) => src === 'solve-1@1');
    expect(JSON.stringify(event).length).toBeLessThan(4_096);
    expect(event?.data).toMatchObject({ cut: true });
  });
});

describe('the lock', () => {
  it('comes with the first deps_installed, once, and stands in every reply from then on', async () => {
    const { world, started } = await aRunningJob();
    const runner = await started();

    const before = await runner.say('repo_cloned');
    const locked = await runner.say('deps_installed');
    const after = await runner.say('plan_started');

    expect([before.locked, locked.locked, after.locked]).toEqual([false, true, true]);
    expect(runner.sandbox.egress.allow).toEqual(['gateway.test', 'callbacks.test', 'artifacts.test']);
    expect(world.faults.calls.filter((call) => call === 'sandboxLease.restrict')).toHaveLength(1);
  });

  it('is not said before the provider has done it; the event comes again', async () => {
    const { world, row, started } = await aRunningJob();
    const runner = await started();
    const events = [{ src_seq: 1, type: 'deps_installed' as const, at: world.clock.at(), data: {} }];
    world.faults.before('sandboxLease.restrict', new Error('down'));

    await expect(runner.send({ from: 1, events })).rejects.toThrow('down');
    expect((await row()).locked).toBe(false);

    expect(await runner.send({ from: 1, events })).toMatchObject({ ack: 1, locked: true });
  });
});

describe('a beat', () => {
  it('reaches attempt, workflow and sandbox', async () => {
    const { world, attempt, started } = await aRunningJob();
    const runner = await started();
    world.clock.advanceSeconds(100);

    const reply = await runner.send({});

    expect((await attempt()).beat).toEqual({ at: world.clock.at(), ...hb });
    expect(world.taskTokens.beats).toEqual(['task-solve-1']);
    expect(reply.renew_until).toBe(world.clock.at(270));
    expect(runner.sandbox.endsAt).toBe(world.clock.now() + 270_000);
  });

  it('of a verification leaves what the agent has counted', async () => {
    const { started, attempt, world } = await aRunningJob();
    const solver = await started('solve', 1);
    await solver.send({ hb: { phase: 'solving', steps: 7, cost_usd: 0.5 } });
    await world.attempts.transition(await attempt(), 'collecting', {});
    await world.attempts.transition(await attempt(), 'verifying', {});

    const verifier = await started('verify', 1);
    await verifier.send({ hb: { phase: 'preparing', steps: 0, cost_usd: 0 } });

    expect((await attempt()).beat).toMatchObject({ phase: 'preparing', steps: 7, cost_usd: 0.5 });
  });

  it('between two beats of 30 s costs nothing, unless the phase is new', async () => {
    const { world, started } = await aRunningJob();
    const runner = await started();
    await runner.send({});
    world.clock.advanceSeconds(5);

    await runner.send({});
    expect(world.taskTokens.beats).toHaveLength(1);

    await runner.send({ hb: { ...hb, phase: 'testing' } });
    expect(world.taskTokens.beats).toHaveLength(2);

    world.clock.advanceSeconds(30);
    await runner.send({ hb: { ...hb, phase: 'testing' } });
    expect(world.taskTokens.beats).toHaveLength(3);
  });

  it('never lengthens a life past the deadline of the attempt', async () => {
    const { world, started, attempt } = await aRunningJob();
    const runner = await started();
    for (let minute = 0; minute < 36; minute += 1) {
      world.clock.advanceSeconds(60);
      await runner.send({});
    }

    expect(runner.sandbox.endsAt).toBeLessThanOrEqual(Date.parse((await attempt()).deadline ?? ''));
    expect(runner.sandbox.endsAt).toBeGreaterThan(Date.parse((await attempt()).deadline ?? '') - 2_000);
  });

  it('past the runner’s deadline hears that it has to finish', async () => {
    const { world, started } = await aRunningJob();
    const runner = await started();
    await runner.send({});
    runner.sandbox.endsAt = Number.POSITIVE_INFINITY;
    world.clock.advanceSeconds(1_801);

    expect((await runner.send({})).state).toBe('cancel');
  });

  it('hears of a cancel', async () => {
    const { cancel, started } = await aRunningJob();
    const runner = await started();
    await cancel();

    expect((await runner.send({})).state).toBe('cancel');
  });

  it('hears that the workflow has given it up', async () => {
    const { world, started } = await aRunningJob();
    const runner = await started();
    world.taskTokens.settle('task-solve-1');

    const reply = await runner.send({});

    expect(reply.state).toBe('settled');
    expect(reply.renew_until).toBeUndefined();
  });

  it('is taken although the provider does not know the sandbox', async () => {
    const { world, started } = await aRunningJob();
    const runner = await started();
    world.faults.before('sandboxLease.renew', new SandboxLost('gone'));

    expect((await runner.send({})).state).toBe('go');
  });
});

describe('done', () => {
  it('is told to the workflow at every delivery', async () => {
    const { world, started } = await aRunningJob();
    const runner = await started();
    const events = [{ src_seq: 1, type: 'done' as const, at: world.clock.at(), data: {} }];

    await runner.send({ events });
    await runner.send({ events });

    expect(world.faults.calls.filter((call) => call === 'taskTokens.succeed')).toHaveLength(2);
    expect(world.taskTokens.answers).toEqual([{ token: 'task-solve-1', kind: 'succeed', output: { ended: 'done' } }]);
  });

  it('is acknowledged only after the workflow has answered', async () => {
    const { world, started } = await aRunningJob();
    const runner = await started();
    const events = [{ src_seq: 1, type: 'done' as const, at: world.clock.at(), data: {} }];
    world.faults.before('taskTokens.succeed', new Error('down'));

    await expect(runner.send({ events })).rejects.toThrow('down');
    expect(await runner.send({ events })).toMatchObject({ ack: 1 });

    expect(world.taskTokens.answers).toHaveLength(1);
  });
});

describe('after the end', () => {
  it.each(['dead sandbox', 'ended attempt', 'ended job', 'next dispatch'])(
    '%s: nothing more is accepted',
    async (what) => {
      const { world, row, attempt, job, input, started } = await aRunningJob();
      const runner = await started();
      await runner.say('sandbox_ready');
      if (what === 'dead sandbox') await world.sandboxRows.change(await row(), { state: 'dead' });
      if (what === 'ended attempt') await world.attempts.transition(await attempt(), 'failed', {});
      if (what === 'ended job') world.jobs.seed({ ...(await job()), status: 'failed' });
      if (what === 'next dispatch') world.jobs.seed({ ...(await job()), dispatch: 2 });
      const before = world.log.of(tenant, input.job_id).length;
      runner.sandbox.endsAt = world.clock.now() + 1_000;

      const reply = await runner.say('step', 'done');

      expect(reply).toEqual({ ack: 1, state: 'settled', locked: false });
      expect(world.log.of(tenant, input.job_id)).toHaveLength(before);
      expect(world.taskTokens.answers).toEqual([]);
      expect(runner.sandbox.endsAt).toBe(world.clock.now() + 1_000);
    },
  );

  it('a clean-up makes a late callback unauthorized', async () => {
    const { world, input, started } = await aRunningJob();
    const runner = await started();
    await cleanupJob(world, { tenant, job_id: input.job_id, dispatch: 1, reason: 'FAILED' });

    await expect(runner.say('step')).rejects.toMatchObject({ code: 'unauthorized' });
  });
});

describe('checkpoints', () => {
  it('get upload forms for fixed keys with their caps, and are noted when saved', async () => {
    const { input, attempt, started } = await aRunningJob();
    const runner = await started();

    const { uploads } = await runner.send({ mint: ['diff.patch', 'logs/0000000000'] });
    await runner.send({ saved: [{ name: 'diff.patch', size: 3, sha256: 'c'.repeat(64) }] });

    expect(uploads?.['diff.patch']?.max_bytes).toBe(5 * 1_024 * 1_024);
    const folder = `${tenant}/${input.job_id}/1/1/checkpoints`;
    expect(Object.values(uploads?.['diff.patch']?.fields ?? {})).toContain(`${folder}/diff.patch`);
    expect(Object.values(uploads?.['logs/0000000000']?.fields ?? {})).toContain(`${folder}/logs/0000000000`);
    expect((await attempt()).checkpoints['diff.patch']).toMatchObject({ size: 3, sha256: 'c'.repeat(64) });
  });
});
