import { describe, expect, it } from 'vitest';
import { ProviderBusy } from '#core/errors';
import { dispatchJob } from '#core/use-cases/dispatch-job';
import { snapshot } from '#core/use-cases/snapshot';
import type { MachineInput } from '#core/workflow/steps';
import { aJob, anIssue, aSandboxRow, options, tenant } from '#test/support/builders';
import { type FakeWorld, fakeWorld } from '#test/support/fake-world';
import { type FakeRunner, playMachine, type Script, stepFails } from '#test/support/mini-machine';
import { aResult, aTestReport, healthy, patch } from '#test/support/runner-scripts';

async function dispatched(attempts = 1): Promise<{ world: FakeWorld; input: MachineInput }> {
  const world = fakeWorld();
  const job = world.jobs.seed(aJob({ options: options({ attempts }) }));
  await world.sessions.addIssue(anIssue());
  await world.budgets.reserve(tenant, job.created_at.slice(0, 10), job.id, 1_500_000, 100_000_000);
  await dispatchJob(world, { tenant, job_id: job.id, round: 1 });
  return { world, input: world.executions.started.at(-1)?.input as MachineInput };
}

const leasesLeft = async (world: FakeWorld) =>
  (await Promise.all((await world.permits.scopes()).map((scope) => world.permits.leases(scope)))).flatMap(Object.keys);

describe('a whole job', () => {
  it('goes from queued to awaiting review, and leaves files, a verdict and nothing alive', async () => {
    const { world, input } = await dispatched();

    const end = await playMachine(world, input, healthy());

    expect(end.status).toBe('awaiting_review');
    const [job] = world.jobs.all();
    const [attempt] = await world.attempts.list(tenant, input.job_id);
    expect(attempt).toMatchObject({
      status: 'solved',
      verified: true,
      diff: { files: 1, insertions: 1, deletions: 1 },
    });
    expect(attempt?.transitions.map(({ to }) => to)).toEqual([
      'waiting',
      'running',
      'collecting',
      'verifying',
      'solved',
    ]);
    expect(job?.verdict).toMatchObject({ winner: 1, decided_by: 'only_candidate', cross_tests: 'not_needed' });
    expect([...(attempt?.artifacts ?? []), ...(job?.artifacts ?? [])].map(({ name }) => name).toSorted()).toEqual([
      '1/1/changes.tar',
      '1/1/diff.patch',
      '1/1/evidence.json',
      '1/1/logs.txt',
      '1/1/plan.json',
      '1/1/result.json',
      '1/1/verify-logs.txt',
      '1/1/verify-result.json',
      '1/job/manifest.json',
      '1/job/verdict.json',
    ]);
    const manifest = JSON.parse(world.artifacts.text(`${tenant}/${input.job_id}/1/job/manifest.json`) ?? '');
    expect(manifest).toMatchObject({
      round: 1,
      failure: null,
      verdict: { winner: 1 },
      attempts: [{ status: 'solved' }],
    });
    // A review would make it untrue: nobody writes the file again.
    expect(manifest).not.toHaveProperty('status');
    expect(manifest.artifacts.every(({ sha256 }: { sha256: string }) => /^[0-9a-f]{64}$/.test(sha256))).toBe(true);
    expect(world.sandboxes.alive()).toEqual([]);
    expect(await leasesLeft(world)).toEqual([]);
    const issue = await world.sessions.issue(tenant, anIssue().session_id, anIssue().id);
    expect(issue?.diff).toEqual({
      job_id: input.job_id,
      files: 1,
      insertions: 1,
      deletions: 1,
      summary: 'Round to cents.',
    });
    expect(await world.budgets.spent(tenant, '2026-01-05')).toEqual({ spent: 0, reserved: 0 });
  });

  it('tells the reviewer which tests the diff changes, and which no longer run', async () => {
    const { world, input } = await dispatched();
    const tests = aTestReport({ removed: ['adds nothing', 'adds cents twice'] });

    await playMachine(
      world,
      input,
      healthy({ patchOf: () => patch('src/total.test.ts'), evidence: () => ({ tests }) }),
    );

    const [job] = world.jobs.all();
    expect(job?.verdict?.ranking).toMatchObject([{ attempt: 1, removed: 2 }]);
    expect(job?.verdict?.notes).toEqual([
      'Attempt 1 changes 1 existing test file (1 line removed): src/total.test.ts.',
      'Attempt 1: 2 tests that passed before no longer run: adds nothing, adds cents twice.',
    ]);
    expect(job?.transitions.at(-1)).toMatchObject({
      to: 'awaiting_review',
      data: {
        winner: 1,
        reason: 'the diff changes 1 existing test file (1 line removed); 2 tests that passed before no longer run',
      },
    });
    const view = job && (await snapshot(world, job));
    expect(view?.attempts).toMatchObject([{ diff: { tests: { files: 1, paths: ['src/total.test.ts'] } } }]);
  });

  it('prefers the attempt that lets the tests of the project run', async () => {
    const { world, input } = await dispatched(2);
    const evidence = ({ job }: FakeRunner) =>
      job.patches[0]?.attempt === 1 ? { tests: aTestReport({ removed: ['adds nothing'] }) } : {};

    await playMachine(world, input, healthy({ evidence }));

    expect(world.jobs.all()[0]?.verdict).toMatchObject({
      winner: 2,
      decided_by: 'removed_tests',
      notes: ['Attempt 1: 1 test that passed before no longer runs: adds nothing.'],
    });
  });

  it('costs the budget its models and the seconds of all its sandboxes, as its snapshot says', async () => {
    const { world, input } = await dispatched(2);
    const usage = { calls: 3, cost_usd: 0.25, input: 1, output: 1, cached: 0 };

    await playMachine(world, input, async (runner) => {
      world.clock.advanceSeconds(runner.job.mode === 'solve' ? 100 : 10);
      if (runner.job.mode === 'solve') {
        const n = Number(runner.sandbox.metadata.sandbox_key?.split('#')[1]);
        await world.attempts.change({ tenant, job_id: input.job_id, n }, { usage });
      }
      await healthy({ repro: true })(runner);
    });

    // Two attempts of 110 s, and 10 s of the judge.
    const seconds = 2 * (100 + 10) + 10;
    const spent = 500_000 + seconds * 46;
    expect(await world.budgets.spent(tenant, '2026-01-05')).toEqual({ spent, reserved: 0 });
    world.clock.advanceSeconds(3_600);
    const job = await snapshot(world, world.jobs.all()[0]!);
    expect(job.costs).toEqual({ models_usd: 0.5, sandboxes_usd: (seconds * 46) / 1e6, sandbox_seconds: seconds });
    expect(job.cost_usd).toBe(spent / 1e6);
  });

  it('pays for the sandboxes of earlier dispatches too', async () => {
    const { world, input } = await dispatched();
    world.sandboxRows.seed(
      aSandboxRow({
        dispatch: 0,
        state: 'dead',
        live_at: world.clock.at(-50),
        ended_at: world.clock.at(-20),
        seconds_before: 5,
      }),
    );

    await playMachine(world, input, healthy());

    expect(await world.budgets.spent(tenant, '2026-01-05')).toEqual({ spent: 35 * 46, reserved: 0 });
  });

  it('has a log without gaps in which each source event stands once', async () => {
    const { world, input } = await dispatched();

    await playMachine(world, input, healthy());

    const log = world.log.of(tenant, input.job_id);
    expect(log.map(({ seq }) => seq)).toEqual(log.map((_, k) => k + 1));
    expect(new Set(log.map(({ src, src_seq }) => `${src}/${src_seq}`)).size).toBe(log.length);
    expect(log.filter(({ type }) => type === 'job_status').map(({ data }) => data.status)).toEqual([
      'queued',
      'running',
      'awaiting_review',
    ]);
    expect(log.find(({ type }) => type === 'verdict')?.data).toMatchObject({ winner: 1 });
  });

  it('locks the egress before the agent’s first step, in solve and in verify', async () => {
    const { world, input } = await dispatched();
    const seen: Array<string[]> = [];
    const script: Script = async (runner) => {
      seen.push(runner.sandbox.egress.allow);
      await healthy()(runner);
      seen.push(runner.sandbox.egress.allow);
    };

    await playMachine(world, input, script);

    const own = ['gateway.test', 'callbacks.test', 'artifacts.test'];
    expect(seen[0]).toEqual(['git.example.com', 'pypi.org', 'files.pythonhosted.org', 'registry.npmjs.org', ...own]);
    expect(seen[1]).toEqual(own);
    expect(seen[3]).toEqual(own);
  });

  it('gives the agent a gateway token in solve, and none in verify', async () => {
    const { world, input } = await dispatched();
    const grants: unknown[] = [];

    await playMachine(world, input, async (runner) => {
      const [row] = (await world.sandboxRows.list(tenant, input.job_id)).filter(
        ({ key }) => key === runner.job.sandbox_key,
      );
      grants.push((await world.attemptTokens.find(row?.token_sha256 ?? ''))?.gateway, runner.job.agent?.model);
      await healthy()(runner);
    });

    expect(grants).toEqual([{ model: 'replay/demo', cost_usd: 1.5, steps: 100 }, 'replay/demo', undefined, undefined]);
  });

  it('runs several attempts and takes the one that the other one’s tests speak for', async () => {
    const { world, input } = await dispatched(2);
    const script = healthy({
      patchOf: ({ job }) => patch('src/total.ts', `return rounded(${job.attempt_index});`),
      repro: true,
      cross: () => ({
        version: 1,
        tests: [
          { by: 1, name: 'one', before: 'failed' },
          { by: 2, name: 'two', before: 'failed' },
        ],
        results: [
          { attempt: 1, test: 'one', by: 1, outcome: 'passed' },
          { attempt: 1, test: 'two', by: 2, outcome: 'failed' },
          { attempt: 2, test: 'one', by: 1, outcome: 'passed' },
          { attempt: 2, test: 'two', by: 2, outcome: 'passed' },
        ],
        complete: true,
      }),
    });

    const end = await playMachine(world, input, script);

    expect(end.status).toBe('awaiting_review');
    expect(world.jobs.all()[0]?.verdict).toMatchObject({ winner: 2, decided_by: 'cross_tests', cross_tests: 'run' });
    expect(await leasesLeft(world)).toEqual([]);
    expect(world.sandboxes.alive()).toEqual([]);
  });

  it('fails with what tells most when no attempt has a usable patch', async () => {
    const { world, input } = await dispatched(2);

    const end = await playMachine(world, input, async (runner) => {
      if (runner.job.attempt_index === 0) stepFails('States.Timeout');
      runner.leave('diff.patch', '');
      runner.leave('result.json', aResult({ status: 'no_changes' }));
      await runner.say('done');
    });

    expect(end.status).toBe('failed');
    const [job] = world.jobs.all();
    expect(job?.failure).toMatchObject({ code: 'timed_out' });
    expect(job?.artifacts.map(({ name }) => name)).toContain('1/job/manifest.json');
    const attempts = await world.attempts.list(tenant, input.job_id);
    expect(attempts.map(({ status }) => status)).toEqual(['failed', 'empty']);
    expect(await leasesLeft(world)).toEqual([]);
  });

  it('goes back to its old place when the provider refused every attempt, and starts again under a new name', async () => {
    const { world, input } = await dispatched(2);
    world.faults.before('sandboxes.create', new ProviderBusy('no slot'), 4);

    const first = await playMachine(world, input, healthy());
    const queued = world.jobs.all()[0];
    const held = await leasesLeft(world);
    const message = { tenant, job_id: input.job_id, round: 1 };
    const atOnce = await dispatchJob(world, message);
    world.clock.advanceSeconds(31);
    await dispatchJob(world, message);
    const again = world.executions.started.at(-1);
    const second = await playMachine(world, again?.input as MachineInput, healthy());

    expect(first.status).toBe('queued');
    expect(queued?.waiting_since).toBe(queued?.created_at);
    expect(held).toEqual([]);
    expect(atOnce).toBe('waiting');
    expect(again?.name).toBe(`${input.job_id}-1-2`);
    expect(second.status).toBe('awaiting_review');
  });

  it('fails only the refused attempt as provider_busy when another one ran', async () => {
    const { world, input } = await dispatched(2);
    world.faults.before('sandboxes.create', new ProviderBusy('no slot'), 2);

    const end = await playMachine(world, input, healthy());

    expect(end.status).toBe('awaiting_review');
    const [first, second] = await world.attempts.list(tenant, input.job_id);
    expect(first).toMatchObject({ status: 'failed', failure: { code: 'provider_busy' } });
    expect(second?.status).toBe('solved');
  });
});
