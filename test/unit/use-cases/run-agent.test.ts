import { describe, expect, it } from 'vitest';
import { sha256Hex } from '#core/ids';
import { createSandbox } from '#core/use-cases/create-sandbox';
import { runAgent } from '#core/use-cases/run-agent';
import { RunnerJob } from '#core/workflow/runner';
import { tenant } from '#test/support/builders';
import { aRunningJob } from '#test/support/running-job';

const starts = (commands: string[]) => commands.filter((command) => command.includes('run_solver.py'));

describe('a runner', () => {
  it('is started detached, with all streams redirected, on an input that only it can read', async () => {
    const { started } = await aRunningJob();

    const { sandbox, job } = await started();

    expect(sandbox.commands[0]).toContain('mkdir -p -m 700 ~/.patchbay');
    const [start] = starts(sandbox.commands);
    expect(start).toContain('setsid');
    expect(start).toContain('-I -u');
    expect(start).toMatch(/>\S+ 2>&1 <\/dev\/null$/);
    expect(job).toMatchObject({
      mode: 'solve',
      workspace_root: '/workspace',
      repo: { clone_url: 'https://git.example.com/acme/shop.git', base_sha: 'a'.repeat(40), ref: 'main' },
      agent: { kind: 'mini-swe-agent', model: 'replay/demo', strategy: 'default' },
      limits: { plan_steps: 15, steps: 100, cost_usd: 1.5, wall_seconds: 1_800, cmd_timeout_seconds: 300 },
      callback_url: expect.stringMatching(/^https:\/\/callbacks\.test\/callbacks\/attempts\/j\w{26}\.1$/),
      gateway_url: 'https://gateway.test',
    });
  });

  it('works where the environment names another workspace', async () => {
    const { world, step, started } = await aRunningJob();
    world.sandboxes.onRun = () => ({ stdout: 'hello from .profile\npatchbay-root=/home/user/ws\npatchbay-pid=\n' });

    const { job } = await started();

    expect(job.workspace_root).toBe('/home/user/ws');
    expect(step().mode).toBe('solve');
  });

  it('has a token of which only the hash is stored, and 270 s to live', async () => {
    const { world, row, started } = await aRunningJob();

    const { job, sandbox } = await started();

    const hash = await sha256Hex(job.token);
    expect(await row()).toMatchObject({ state: 'running', token_sha256: hash, task_token: 'task-solve-1' });
    expect(JSON.stringify([await row(), await world.attemptTokens.find(hash)])).not.toContain(job.token);
    expect(sandbox.endsAt).toBe(world.clock.now() + 270_000);
  });

  it('is never started twice by a repeated step, which only brings its new task token', async () => {
    const { world, step, row, started } = await aRunningJob();
    const { sandbox } = await started();

    await runAgent(world, { ...step(), task_token: 'second' });

    expect(starts(sandbox.commands)).toHaveLength(1);
    expect((await row()).task_token).toBe('second');
  });

  it('that was started without its pid being noted is found by its pid file', async () => {
    const { world, step, row } = await aRunningJob();
    await createSandbox(world, step());
    const [sandbox] = world.sandboxes.all;
    world.sandboxes.onRun = () => ({ stdout: 'patchbay-root=/workspace\npatchbay-pid=77\n' });

    await runAgent(world, { ...step(), task_token: 'again' });

    expect(starts(sandbox?.commands ?? [])).toEqual([]);
    expect(await row()).toMatchObject({ state: 'running', runner_pid: 77, task_token: 'again' });
  });

  it('that can answer at once finds the task token on the row', async () => {
    const { world, step, row } = await aRunningJob();
    await createSandbox(world, step());
    let token: string | undefined;
    world.faults.meanwhile('sandboxes.start', async () => {
      token = (await row()).task_token;
    });

    await runAgent(world, { ...step(), task_token: 'first' });

    expect(token).toBe('first');
  });

  it('gets another token, and the first one is worth nothing, when the step died before the start', async () => {
    const { world, step, row } = await aRunningJob();
    await createSandbox(world, step());
    world.faults.before('sandboxes.start', new Error('down'));
    await runAgent(world, { ...step(), task_token: 'a' }).catch(() => undefined);
    const first = (await row()).token_sha256 ?? '';

    await runAgent(world, { ...step(), task_token: 'b' });

    expect((await row()).token_sha256).not.toBe(first);
    expect(await world.attemptTokens.find(first)).toBeUndefined();
  });

  it('is not started for a cancelled job, whose sandbox dies', async () => {
    const { world, step, cancel } = await aRunningJob();
    await createSandbox(world, step());
    await cancel();

    const run = runAgent(world, { ...step(), task_token: 'x' });

    await expect(run).rejects.toMatchObject({ name: 'Cancelled' });
    expect(world.sandboxes.alive()).toEqual([]);
  });

  it('cannot run in a sandbox that is gone', async () => {
    const { world, step } = await aRunningJob();
    await createSandbox(world, step());
    world.clock.advanceSeconds(121);

    const run = runAgent(world, { ...step(), task_token: 'x' });

    await expect(run).rejects.toMatchObject({ name: 'SandboxLost' });
  });

  it('of round 2 starts from the patch that the person saw', async () => {
    const { world, step, job, input } = await aRunningJob();
    await createSandbox(world, step());
    const verdict = {
      round: 1,
      winner: 3,
      ranking: [],
      decided_by: '',
      reason: '',
      cross_tests: 'skipped' as const,
      notes: [],
    };
    world.jobs.seed({ ...(await job()), round: 2, feedback: 'smaller, please', verdict });
    world.attempts.seed({ ...(await world.attempts.get(tenant, input.job_id, 1))!, round: 2 });
    world.artifacts.upload(`${tenant}/${input.job_id}/1/3/diff.patch`, 'the old patch');

    await runAgent(world, { ...step(), round: 2, task_token: 'x' });

    const written = world.sandboxes.all[0]?.files.get('.patchbay/job.json');
    const { feedback } = RunnerJob.parse(JSON.parse(new TextDecoder().decode(written)));
    expect(feedback).toEqual({ text: 'smaller, please', patch: 'the old patch' });
  });
});
