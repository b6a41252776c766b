import { describe, expect, it } from 'vitest';
import { PatchbayError } from '#core/errors';
import { outboxMark } from '#core/job/transition';
import { cancelJob } from '#core/use-cases/cancel-job';
import { cleanupJob } from '#core/use-cases/cleanup-job';
import { createSandbox } from '#core/use-cases/create-sandbox';
import { sweep } from '#core/use-cases/sweep';
import { aJob, anId, tenant } from '#test/support/builders';
import { fakeWorld } from '#test/support/fake-world';
import { aRunningJob } from '#test/support/running-job';

describe('the sweep', () => {
  it('finds nothing in a healthy installation', async () => {
    const { world, started, job } = await aRunningJob();
    await started();
    world.clock.advanceSeconds(40);

    const swept = await sweep(world);

    const troubles = ['SweepFailures', 'OutboxHealed', 'JobsOverdue', 'CancelsFinished', 'ExecutionsStarted'];
    troubles.push('JobsStranded', 'OrphansKilled', 'OrphansLeft', 'LeasesExpired', 'JobsWithoutCapacity', 'JobsWoken');
    expect(troubles.filter((name) => swept[name] !== 0)).toEqual([]);
    expect((await job()).status).toBe('running');
    expect(world.sandboxes.alive()).toHaveLength(1);
  });

  it('sends messages that were never sent, once the mark is older than 30 s', async () => {
    const world = fakeWorld();
    world.jobs.seed(aJob({ outbox: outboxMark(world.clock.at(), 1) }));

    await sweep(world);
    expect(world.queue.sent).toEqual([]);

    world.clock.advanceSeconds(31);
    const swept = await sweep(world);

    expect(swept.OutboxHealed).toBe(1);
    expect(world.queue.sent).toEqual([{ tenant, job_id: anId('j'), round: 1 }]);
    expect((await world.jobs.get(tenant, anId('j')))?.outbox).toBeUndefined();
    expect(world.log.of(tenant, anId('j'))).toMatchObject([{ type: 'job_status', data: { status: 'queued' } }]);
  });

  it('ends jobs past their deadline: stops the execution, kills, fails as timed_out', async () => {
    const { world, job, started } = await aRunningJob();
    await started();
    world.clock.advanceSeconds(5_401);

    const swept = await sweep(world);

    expect(swept.JobsOverdue).toBe(1);
    expect(await job()).toMatchObject({ status: 'failed', failure: { code: 'timed_out' } });
    expect(world.executions.started[0]?.status).toBe('ABORTED');
    expect(world.sandboxes.alive()).toEqual([]);
  });

  it('ends a cancel that has not come through after 30 s, and not before', async () => {
    const { world, job, cancel, started } = await aRunningJob();
    await started();
    await cancel();
    world.clock.advanceSeconds(29);
    await sweep(world);
    expect((await job()).status).toBe('cancelling');

    world.clock.advanceSeconds(2);
    const swept = await sweep(world);

    expect(swept.CancelsFinished).toBe(1);
    expect((await job()).status).toBe('cancelled');
    expect(world.executions.started[0]?.status).toBe('ABORTED');
    expect(world.sandboxes.alive()).toEqual([]);
  });

  it('ends a cancel of a queued job whose canceller died in between', async () => {
    const world = fakeWorld();
    const job = world.jobs.seed(aJob({ deadline: world.clock.at(24 * 3_600) }));
    world.faults.after('jobs.transition', new Error('crash'));
    await cancelJob(world, { caller: { tenant, user: 'ada' } as never, job_id: job.id }).catch(() => undefined);
    world.clock.advanceSeconds(31);

    await sweep(world);

    expect((await world.jobs.get(tenant, job.id))?.status).toBe('cancelled');
  });

  it('sends the message of a job again that nobody has dispatched for a minute, unless it is claimed or waits', async () => {
    const world = fakeWorld();
    const [later, deadline] = [world.clock.at(90), world.clock.at(86_400)];
    world.jobs.seed(aJob({ id: anId('j', 1), deadline }));
    world.jobs.seed(aJob({ id: anId('j', 2), deadline, claim: { by: 'd', until: later } }));
    world.jobs.seed(aJob({ id: anId('j', 3), deadline, claim: { by: 'd', until: world.clock.at(60) } }));
    world.jobs.seed(aJob({ id: anId('j', 4), deadline, waiting_since: world.clock.at() }));
    const others = Array.from({ length: 16 }, (_, n) => `other#${n}`);
    await world.permits.acquire('install', 16, others, later);

    await sweep(world);
    expect(world.queue.sent).toEqual([]);

    world.clock.advanceSeconds(61);
    const swept = await sweep(world);

    expect(swept.MessagesSentAgain).toBe(2);
    expect(world.queue.sent.map(({ job_id }) => job_id).toSorted()).toEqual([anId('j', 1), anId('j', 3)]);
  });

  it('starts running rows that have no execution', async () => {
    const { world, job } = await aRunningJob();
    const { execution_arn, ...unstarted } = await job();
    world.jobs.seed(unstarted);
    world.executions.started.length = 0;
    world.clock.advanceSeconds(31);

    const swept = await sweep(world);

    expect(swept.ExecutionsStarted).toBe(1);
    expect((await job()).execution_arn).toBe(execution_arn);
  });

  it('ends a silent job whose execution has ended without a word', async () => {
    const { world, input, job } = await aRunningJob();
    world.executions.end(`${input.job_id}-1-1`, 'FAILED');
    await sweep(world);
    expect((await job()).status).toBe('running');

    world.clock.advanceSeconds(301);
    const swept = await sweep(world);

    expect(swept.JobsStranded).toBe(1);
    expect((await job()).status).toBe('failed');
  });

  it('does not end a silent job whose execution runs', async () => {
    const { world, job } = await aRunningJob();
    world.clock.advanceSeconds(301);

    await sweep(world);

    expect((await job()).status).toBe('running');
  });

  it('ends jobs that waited 24 hours, and wakes those that fit', async () => {
    const world = fakeWorld();
    world.jobs.seed(aJob({ waiting_since: '2026-01-04T08:59:59.000Z' }));
    world.jobs.seed(aJob({ id: anId('j', 2), waiting_since: '2026-01-05T08:00:00.000Z' }));

    const swept = await sweep(world);

    expect(swept).toMatchObject({ JobsWithoutCapacity: 1, JobsWoken: 1 });
    expect((await world.jobs.get(tenant, anId('j')))?.failure?.code).toBe('no_capacity');
    expect(world.queue.sent).toEqual([{ tenant, job_id: anId('j', 2), round: 1 }]);
  });

  it('removes leases that ran out', async () => {
    const world = fakeWorld();
    await world.permits.acquire('install', 16, ['lost#0'], world.clock.at(10));
    world.clock.advanceSeconds(11);

    expect(await sweep(world)).toMatchObject({ LeasesExpired: 1 });

    expect(await world.permits.leases('install')).toEqual({});
  });
});

describe('orphans', () => {
  const metadata = (job_id: string, nonce: string) =>
    ({ install_id: 'test-install', tenant, job_id, sandbox_key: 'X#1#solve', dispatch: '1', nonce }) as never;

  it('are killed when no row has their nonce', async () => {
    const { world, input, started } = await aRunningJob();
    await started();
    await world.sandboxes.create(metadata(input.job_id, 'duplicate'), { seconds: 100 }, { allow: [] });
    await world.sandboxes.create(metadata('jgone', 'x'), { seconds: 100 }, { allow: [] });

    expect(await sweep(world)).toMatchObject({ OrphansKilled: 2, SandboxesAlive: 1 });

    expect(world.sandboxes.alive().map(({ id }) => id)).toEqual(['sbx1']);
  });

  it('of another installation are left alone', async () => {
    const { world } = await aRunningJob();
    const foreign = { ...(metadata('j', 'x') as object), install_id: 'theirs' } as never;
    await world.sandboxes.create(foreign, { seconds: 100 }, { allow: [] });

    await sweep(world);

    expect(world.sandboxes.alive()).toHaveLength(1);
  });

  it('are spared while their create is under way: the nonce is on the row first', async () => {
    const { world, step } = await aRunningJob();
    world.faults.meanwhile('sandboxRows.change', () => sweep(world));

    await createSandbox(world, step());

    expect(world.sandboxes.alive()).toHaveLength(1);
  });

  it.each(['the attempt has ended', 'the job has ended', 'the row says dead', 'another dispatch'])(
    'are killed when %s',
    async (what) => {
      const { world, attempt, job, row, started } = await aRunningJob();
      await started();
      if (what === 'the attempt has ended') await world.attempts.transition(await attempt(), 'failed', {});
      if (what === 'the job has ended') world.jobs.seed({ ...(await job()), status: 'failed' });
      if (what === 'the row says dead') await world.sandboxRows.change(await row(), { state: 'dead' });
      if (what === 'another dispatch') world.jobs.seed({ ...(await job()), dispatch: 2 });

      expect(await sweep(world)).toMatchObject({ OrphansKilled: 1 });
    },
  );
});

describe('the slots of a job that is over', () => {
  it('come back once its sandboxes can be seen to be dead, and not before', async () => {
    const { world, input, job, step } = await aRunningJob();
    const held = async () => Object.keys(await world.permits.leases('install')).length;
    // The create, two looks of the clean-up, one of the first sweep and two of the second.
    world.faults.before('sandboxes.list', new PatchbayError('internal', 'The key is refused.'), 6);
    await createSandbox(world, step()).catch(() => undefined);
    await cleanupJob(world, { ...input, reason: 'Broken' });
    expect([(await job()).status, await held()]).toEqual(['failed', 1]);

    world.clock.advanceSeconds(60);
    expect(await sweep(world)).toMatchObject({ SlotsGivenBack: 0 });
    world.clock.advanceSeconds(61);
    expect(await sweep(world)).toMatchObject({ LeasesLeaked: 1, SlotsGivenBack: 0 });
    expect(await held()).toBe(1);

    expect(await sweep(world)).toMatchObject({ LeasesLeaked: 0, SlotsGivenBack: 1 });
    expect(await held()).toBe(0);
  });
});

describe('the parts', () => {
  it('fail for themselves', async () => {
    const world = fakeWorld();
    world.jobs.seed(aJob({ id: anId('j', 2), waiting_since: '2026-01-05T08:00:00.000Z' }));
    world.faults.before('jobs.outboxDue', new Error('down'));
    world.faults.before('sandboxes.list', new Error('down'));
    world.faults.before('jobs.deadlineDue', new Error('down'));
    world.faults.before('permits.scopes', new Error('down'));

    const swept = await sweep(world);

    expect(swept).toMatchObject({ SweepFailures: 4, JobsWoken: 1 });
  });

  it('let one bad row stop no other', async () => {
    const world = fakeWorld();
    for (const n of [1, 2]) world.jobs.seed(aJob({ id: anId('j', n), outbox: outboxMark(world.clock.at(), n) }));
    world.clock.advanceSeconds(31);
    world.faults.before('jobs.get', new Error('down'));

    expect((await sweep(world)).OutboxHealed).toBe(1);
  });

  it('that have no time left wait for the next minute', async () => {
    const world = fakeWorld();

    await sweep(world, () => 1_000);

    expect(world.faults.calls).toEqual([]);
  });
});
