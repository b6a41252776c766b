import { describe, expect, it } from 'vitest';
import { collect } from '#core/use-cases/collect';
import { endAttempt } from '#core/use-cases/end-attempt';
import { finish } from '#core/use-cases/finish';
import { judge } from '#core/use-cases/judge';
import { reviewJob } from '#core/use-cases/review-job';
import type { SandboxStep } from '#core/workflow/steps';
import { aJob, anId, anIssue, tenant } from '#test/support/builders';
import type { FakeWorld } from '#test/support/fake-world';
import { healthy } from '#test/support/runner-scripts';
import { aRunningJob } from '#test/support/running-job';

/** One attempt solved and verified, judged; Finish comes next. `verified`: what collects the verification. */
async function judged(verified: (world: FakeWorld, step: SandboxStep) => Promise<unknown> = collect) {
  const running = await aRunningJob();
  await healthy()(await running.started());
  await collect(running.world, running.step());
  await healthy()(await running.started('verify'));
  await verified(running.world, running.step('verify'));
  const result = await endAttempt(running.world, running.step());
  const { tenant: of, job_id, round, dispatch } = running.input;
  const input = { tenant: of, job_id, round, dispatch, results: [result] };
  await judge(running.world, { ...input, cross_tests: 'not_needed' });
  return { ...running, finishing: input };
}

describe('finish', () => {
  it('can be repeated: the rest is done again, the status written once', async () => {
    const { world, job, finishing, leases } = await judged();
    world.faults.before('sessions.setIssueDiff', new Error('down'));
    await expect(finish(world, finishing)).rejects.toThrow('down');
    expect(await leases()).not.toEqual([]);

    expect(await finish(world, finishing)).toEqual({ status: 'awaiting_review' });

    expect((await job()).transitions.filter(({ to }) => to === 'awaiting_review')).toHaveLength(1);
    expect((await world.sessions.issue(tenant, anIssue().session_id, anIssue().id))?.diff?.files).toBe(1);
    expect(await leases()).toEqual([]);
    expect(await world.budgets.spent(tenant, '2026-01-05')).toEqual({ spent: 0, reserved: 0 });
  });

  it('does the rest for a job that a person has approved meanwhile', async () => {
    const { world, job, finishing, leases } = await judged();
    world.faults.before('sessions.setIssueDiff', new Error('down'));
    await expect(finish(world, finishing)).rejects.toThrow('down');
    const { id: job_id, tenant: of, user } = await job();
    await reviewJob(world, { caller: { tenant: of, user }, job_id, review: { decision: 'approve' } });

    expect(await finish(world, finishing)).toEqual({ status: 'completed' });

    expect((await world.sessions.issue(tenant, anIssue().session_id, anIssue().id))?.diff?.files).toBe(1);
    expect(await leases()).toEqual([]);
    expect((await job()).status).toBe('completed');
  });

  it('leaves no summary of a job that a person rejects while it is put there', async () => {
    const { world, job, finishing } = await judged();
    const rejects = async () => {
      const { id: job_id, tenant: of, user } = await job();
      await reviewJob(world, { caller: { tenant: of, user }, job_id, review: { decision: 'reject' } });
    };
    const { get } = world.artifacts;
    world.artifacts.get = async (...key) => {
      world.artifacts.get = get;
      await rejects();
      return await get.apply(world.artifacts, key);
    };

    await finish(world, finishing);

    expect((await job()).status).toBe('rejected');
    const issue = await world.sessions.issue(tenant, anIssue().session_id, anIssue().id);
    expect(issue?.id).toBe(anIssue().id);
    expect(issue?.diff).toBeUndefined();
  });

  it('brings the log level with attempts whose steps died between row and log', async () => {
    const died = async (world: FakeWorld, step: SandboxStep) => {
      world.faults.before('log.append', new Error('killed'));
      await expect(collect(world, step)).rejects.toThrow('killed');
      return await collect(world, step);
    };
    const { world, finishing } = await judged(died);

    await finish(world, finishing);

    const log = await world.log.read(finishing.tenant, finishing.job_id, 0, 200);
    const statuses = (of: string) => log.filter(({ src }) => src === of).map(({ data }) => data.status);
    expect(statuses('attempt-1')).toEqual(['waiting', 'running', 'collecting', 'verifying', 'solved']);
    expect(log.at(-1)).toMatchObject({ src: 'job', data: { status: 'awaiting_review' } });
  });

  it('writes the manifest before the status: no end is without one', async () => {
    const { world, job, finishing } = await judged();
    world.faults.before('jobs.transition', new Error('down'));
    await finish(world, finishing).catch(() => undefined);

    expect([...world.artifacts.stored.keys()].some((key) => key.endsWith('/manifest.json'))).toBe(true);
    expect((await job()).status).toBe('running');
  });

  it('settles what the attempts have cost', async () => {
    const { world, attempt, finishing } = await judged();
    await world.attempts.change(await attempt(), {
      usage: { calls: 3, cost_usd: 0.25, input: 1, output: 1, cached: 0 },
    });

    await finish(world, finishing);

    expect(await world.budgets.spent(tenant, '2026-01-05')).toEqual({ spent: 250_000, reserved: 0 });
  });

  it('wakes the next job of the line', async () => {
    const { world, finishing } = await judged();
    world.jobs.seed(aJob({ id: anId('j', 9), waiting_since: world.clock.at() }));

    await finish(world, finishing);

    expect(world.queue.sent).toContainEqual({ tenant, job_id: anId('j', 9), round: 1 });
  });

  it('keeps slot 0 while its sandbox is not dead for sure, and ends the job all the same', async () => {
    const { world, input, finishing, leases } = await judged();
    const row = (await world.sandboxRows.get(tenant, input.job_id, 'X#1#verify'))!;
    await world.sandboxRows.change(row, { state: 'running' });
    world.faults.answer('sandboxes.kill', false);

    expect(await finish(world, finishing)).toEqual({ status: 'awaiting_review' });

    expect(await leases()).toContain(`${input.job_id}-1#0`);
  });

  it('leaves a job that is being cancelled to the clean-up', async () => {
    const { world, finishing, cancel, job } = await judged();
    await cancel();

    await expect(finish(world, finishing)).rejects.toMatchObject({ name: 'Cancelled' });

    expect((await job()).status).toBe('cancelling');
  });

  it('loses to a cancel in the very moment', async () => {
    const { world, finishing, cancel, job } = await judged();
    world.faults.meanwhile('jobs.transition', async () => {
      world.jobs.seed({ ...(await job()), status: 'cancelling', v: 9 });
    });

    await expect(finish(world, finishing)).rejects.toMatchObject({ name: 'LostRace' });

    expect((await job()).status).toBe('cancelling');
    expect(cancel).toBeDefined();
  });

  it('of another dispatch changes nothing', async () => {
    const { world, finishing, job } = await judged();

    const other = finish(world, { ...finishing, dispatch: 2 });

    await expect(other).rejects.toMatchObject({ name: 'Cancelled' });
    expect((await job()).status).toBe('running');
  });

  it('gives slots back before the job is queued again, never after: the next dispatch takes the same names', async () => {
    const { world, input } = await aRunningJob();
    const { job_id, round, dispatch } = input;

    await finish(world, { tenant, job_id, round, dispatch, results: [] });

    const calls = world.faults.calls.slice(world.faults.calls.lastIndexOf('jobs.get'));
    expect(calls.lastIndexOf('permits.release')).toBeLessThan(calls.indexOf('jobs.transition'));
    expect(calls).toContain('permits.release');
  });
});
