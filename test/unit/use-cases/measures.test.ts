import { describe, expect, it } from 'vitest';
import { PatchbayError, ProviderBusy } from '#core/errors';
import { slotName } from '#core/ids';
import { outboxMark } from '#core/job/transition';
import type { MetricName } from '#core/telemetry';
import { cleanupJob } from '#core/use-cases/cleanup-job';
import { collect } from '#core/use-cases/collect';
import { createSandbox } from '#core/use-cases/create-sandbox';
import { dispatchJob } from '#core/use-cases/dispatch-job';
import { leaksOf } from '#core/use-cases/permit-drift';
import { recordTransitions } from '#core/use-cases/record-transitions';
import { reviewJob } from '#core/use-cases/review-job';
import { sweep } from '#core/use-cases/sweep';
import type { MachineInput } from '#core/workflow/steps';
import { aJob, anAttempt, anId, anIssue, aSession, options, tenant } from '#test/support/builders';
import { type FakeWorld, fakeWorld } from '#test/support/fake-world';
import { playMachine, stepFails } from '#test/support/mini-machine';
import { healthy } from '#test/support/runner-scripts';
import { aRunningJob } from '#test/support/running-job';

/** All samples of a metric, in order. */
const samples = (world: FakeWorld, name: MetricName) =>
  world.notes.flatMap(
    ({ fields }) => (fields.metrics as Partial<Record<MetricName, number>> | undefined)?.[name] ?? [],
  );

describe('a job', () => {
  it('that goes well is counted once on its way, with its wait, its run and its cost', async () => {
    const world = fakeWorld();
    const job = world.jobs.seed(aJob());
    await world.sessions.addIssue(anIssue());
    world.clock.advanceSeconds(40);
    await dispatchJob(world, { tenant, job_id: job.id, round: 1 });

    await playMachine(world, world.executions.started[0]?.input as MachineInput, async (runner) => {
      world.clock.advanceSeconds(30);
      await healthy()(runner);
    });

    expect(samples(world, 'JobsStarted')).toEqual([1]);
    expect(samples(world, 'JobWaitSeconds')).toEqual([40]);
    expect(samples(world, 'JobsAwaitingReview')).toEqual([1]);
    expect(samples(world, 'JobRunSeconds')).toEqual([60]);
    expect(samples(world, 'AttemptsSolved')).toEqual([1]);
    expect(samples(world, 'AttemptFault')).toEqual([0]);
    expect(samples(world, 'SandboxCreateError')).toEqual([0, 0]);
    expect(samples(world, 'SandboxCreateMs')).toHaveLength(2);
    expect(samples(world, 'HeartbeatLost')).toEqual([0, 0]);
    // Two sandboxes of 30 s, and models that cost nothing.
    expect(samples(world, 'JobCostUsd')).toEqual([0.00276]);
    expect(samples(world, 'JobBudgetPercent')).toEqual([0]);
    expect(samples(world, 'JobsFailed')).toEqual([]);
  });

  it('that fails says why in the log line, and a runner that fell silent is a fault', async () => {
    const { world, input } = await aRunningJob();

    await playMachine(world, input, () => stepFails('States.HeartbeatTimeout'));

    expect(samples(world, 'JobsFailed')).toEqual([1]);
    expect(samples(world, 'HeartbeatLost')).toEqual([1]);
    expect(samples(world, 'AttemptFault')).toEqual([1]);
    const failed = world.notes.filter(({ fields }) => fields.status === 'failed');
    const reason = 'The sandbox fell silent.';
    expect(failed.map(({ message, fields }) => [message, fields.code, fields.reason, fields.job_id])).toEqual([
      ['attempt status', 'sandbox_lost', reason, input.job_id],
      ['job status', 'sandbox_lost', reason, input.job_id],
    ]);
  });

  it('whose time is over is no fault of the installation', async () => {
    const { world, input } = await aRunningJob();

    await playMachine(world, input, () => stepFails('States.Timeout'));

    expect(samples(world, 'AttemptFault')).toEqual([0]);
  });

  it('that is cancelled counts as that, and as nothing else', async () => {
    const { world, input, cancel } = await aRunningJob();
    await cancel();

    await cleanupJob(world, { ...input, reason: 'Cancelled' });

    expect(samples(world, 'JobsCancelled')).toEqual([1]);
    expect([samples(world, 'JobsFailed'), samples(world, 'AttemptFault')]).toEqual([[], []]);
    expect(samples(world, 'JobCostUsd')).toHaveLength(1);
  });

  it.each([
    ['approved', { decision: 'approve' }, 1],
    ['rejected', { decision: 'reject' }, 0],
  ] as const)('that a person %s counts once in the share of approved ones', async (_, review, sample) => {
    const { world, input, job } = await aRunningJob();
    await world.sessions.create(aSession());
    await playMachine(world, input, healthy());
    const { user } = await job();

    await reviewJob(world, { caller: { tenant, user }, job_id: input.job_id, review });
    await recordTransitions(world, await job());

    expect(samples(world, 'JobApproved')).toEqual([sample]);
    expect(samples(world, 'JobRunSeconds')).toHaveLength(1);
  });

  it('is not counted again when its log is brought level again', async () => {
    const { world, job } = await aRunningJob();
    const before = samples(world, 'JobsStarted').length;

    await recordTransitions(world, await job());

    expect([before, samples(world, 'JobsStarted').length]).toEqual([1, 1]);
  });

  it('costs what its attempts used, as a share of what they were allowed', async () => {
    const { world, input, attempt } = await aRunningJob();
    const usage = { calls: 9, cost_usd: 0.6, input: 1, output: 1, cached: 0 };
    await world.attempts.change(await attempt(), { usage });

    await cleanupJob(world, { ...input, reason: 'Broken' });

    expect(samples(world, 'JobCostUsd')).toEqual([0.6]);
    expect(samples(world, 'JobBudgetPercent')[0]).toBeCloseTo(40);
    const [line] = world.notes.filter(({ message }) => message === 'job cost');
    expect(line?.fields).toMatchObject({ job_id: input.job_id, tenant, cost_usd: 0.6, allowed_usd: 1.5 });
  });
});

describe('a create', () => {
  it.each([
    ['a busy provider', new ProviderBusy('no slot'), { SandboxBusy: 1, SandboxCreateError: 0 }],
    [
      'a refusal for good',
      new PatchbayError('internal', 'bad key'),
      { SandboxCreateError: 1, SandboxCreateRefused: 1 },
    ],
    ['no answer', new Error('socket hang up'), { SandboxBusy: 0, SandboxCreateError: 1 }],
  ])('tells %s apart', async (_, error, expected) => {
    const { world, step } = await aRunningJob();
    world.faults.before('sandboxes.create', error);

    await expect(createSandbox(world, step())).rejects.toThrow();

    const noted = world.notes.find(({ message }) => message === 'sandbox not created');
    expect(noted?.fields).toMatchObject({ level: 'warning', error, metrics: expected });
    expect(samples(world, 'SandboxCreateRefused')).toHaveLength('SandboxCreateRefused' in expected ? 1 : 0);
  });
});

describe('a list before the create', () => {
  it.each([
    ['refused', new PatchbayError('internal', 'bad key'), { SandboxCreateError: 1, SandboxCreateRefused: 1 }],
    ['not answered', new Error('socket hang up'), { SandboxCreateError: 1 }],
  ])('that is %s counts as a create that failed', async (_, error, expected) => {
    const { world, step } = await aRunningJob();
    world.faults.before('sandboxes.list', error);

    await expect(createSandbox(world, step())).rejects.toThrow(error);

    const noted = world.notes.find(({ message }) => message === 'sandbox not created');
    expect(noted?.fields).toMatchObject({ level: 'warning', error, metrics: expected });
  });
});

describe('the end of a runner', () => {
  it('that was heard to its end loses no heartbeat', async () => {
    const { world, step, started } = await aRunningJob();
    await started();

    await collect(world, { ...step(), error: 'States.Timeout' });

    expect(samples(world, 'HeartbeatLost')).toEqual([0]);
  });
});

describe('the sweep', () => {
  it('says that it was there, and how full and how late everything is', async () => {
    const { world, started } = await aRunningJob();
    await started();

    await sweep(world);

    const gauges = ['SweepMs', 'SlotsUsed', 'SandboxesAlive', 'JobsWaiting', 'PermitDrift', 'SweepRepairs'] as const;
    expect(gauges.map((name) => samples(world, name))).toEqual([[0], [1], [1], [0], [0], [0]]);
    const quiet = ['OldestOverdueSeconds', 'OutboxLagSeconds', 'OrphansKilled', 'LeasesExpired'] as const;
    expect(quiet.map((name) => samples(world, name))).toEqual([[0], [0], [0], [0]]);
    expect(samples(world, 'Faults')).toEqual([]);
  });

  it('measures the outbox by its oldest mark, in production seconds', async () => {
    const world = fakeWorld();
    world.jobs.seed(aJob({ outbox: outboxMark(world.clock.at(), 1) }));
    world.clock.advanceSeconds(200);

    await sweep(world);
    await sweep(world);

    expect(samples(world, 'OutboxLagSeconds')).toEqual([200, 0]);
    expect(samples(world, 'SweepRepairs')).toEqual([1, 0]);
  });

  it('measures how late a job is that it cannot end; waiting jobs are not late', async () => {
    const { world, job } = await aRunningJob();
    world.jobs.seed({ ...aJob({ id: anId('j', 2) }), deadline: world.clock.at(10) });
    const { deadline = '' } = await job();
    world.clock.advance(Date.parse(deadline) - world.clock.now() + 310_000);
    world.faults.before('executions.stop', new Error('denied'));

    await sweep(world);

    expect(samples(world, 'OldestOverdueSeconds')).toEqual([310]);
    expect(samples(world, 'Faults')).toEqual([1]);
  });

  it('keeps no gauge of a part that failed', async () => {
    const world = fakeWorld();
    world.faults.before('sandboxes.list', new Error('down'));

    await sweep(world);

    expect([samples(world, 'SandboxesAlive'), samples(world, 'PermitDrift'), samples(world, 'Faults')]).toEqual([
      [],
      [],
      [1],
    ]);
  });

  it('counts no repair that was not made: it is a fault', async () => {
    const world = fakeWorld();
    world.jobs.seed(aJob({ outbox: outboxMark(world.clock.at(), 1) }));
    world.clock.advanceSeconds(200);
    world.faults.before('queue.send', new Error('denied'));

    expect(await sweep(world)).toMatchObject({ OutboxHealed: 0, OutboxFailures: 1 });
    const failed = world.notes.find(({ message }) => message === 'one item of the sweep failed');
    expect(failed?.fields).toMatchObject({ tenant, job_id: anId('j') });
    expect([samples(world, 'SweepRepairs'), samples(world, 'Faults')]).toEqual([[0], [1]]);
  });

  it('counts a line that cannot be woken, and still says how long it is', async () => {
    const world = fakeWorld();
    world.jobs.seed(aJob({ waiting_since: world.clock.at() }));
    world.faults.before('queue.send', new Error('denied'));

    expect(await sweep(world)).toMatchObject({ JobsWaiting: 1, JobsWoken: 0, WaitingFailures: 1 });
    expect(samples(world, 'Faults')).toEqual([1]);
  });

  it('takes no scope that it could not read for one without slots', async () => {
    const { world, started } = await aRunningJob();
    await started();
    world.faults.before('permits.sweep', new Error('throttled'));

    await sweep(world);

    expect([samples(world, 'SlotsUsed'), samples(world, 'PermitDrift'), samples(world, 'Faults')]).toEqual([
      [],
      [],
      [1],
    ]);
  });

  it('counts sandboxes beyond the slots as drift', async () => {
    const { world, started, step } = await aRunningJob(2);
    await started();
    await started('solve', 2);
    await world.permits.release('install', [slotName(step().job_id, 1, 1)]);

    await sweep(world);

    expect(samples(world, 'PermitDrift')).toEqual([1]);
  });
});

describe('a slot is leaked', () => {
  const sum = (leaks: Array<{ slots: number }>) => leaks.reduce((total, leak) => total + leak.slots, 0);
  const slots = [0, 1].map((slot) => slotName(anId('j'), 1, slot));
  const later = '2026-01-05T09:10:00.000Z';
  const world = (job: Parameters<typeof aJob>[0], ended?: string) => {
    const made = fakeWorld();
    made.jobs.seed(aJob({ options: options({ attempts: 2 }), ...job }));
    const second = anAttempt({ n: 2, ...(ended === undefined ? {} : { status: 'failed', finished_at: ended }) });
    made.attempts.createMissing([anAttempt(), second]);
    made.clock.advance(Date.parse(later) - made.clock.now());
    return made;
  };

  it.each([
    ['both attempts are at work', { status: 'running' }, undefined, 0],
    ['an attempt ended long ago', { status: 'running' }, '2026-01-05T09:05:00.000Z', 1],
    ['an attempt has just ended', { status: 'running' }, '2026-01-05T09:09:00.000Z', 0],
    ['the job ended long ago', { status: 'failed' }, undefined, 2],
    ['another round has begun', { status: 'running', round: 2 }, undefined, 2],
    ['the job waits again', { status: 'queued' }, undefined, 2],
    ['a dispatcher has just taken them', { status: 'queued', claim: { by: 'd', until: later } }, undefined, 0],
  ] as const)('or not: %s', async (_, job, ended, expected) => {
    expect(sum(await leaksOf(world(job, ended), tenant, slots))).toBe(expected);
  });

  it('when there is no such job', async () => {
    expect(sum(await leaksOf(fakeWorld(), tenant, slots))).toBe(2);
  });
});
