import { beforeEach, describe, expect, it } from 'vitest';
import type { Job } from '#core/job/job';
import { dispatchJob } from '#core/use-cases/dispatch-job';
import { aJob, anId, options, tenant } from '#test/support/builders';
import { type FakeWorld, fakeWorld } from '#test/support/fake-world';

let world: FakeWorld;
beforeEach(() => {
  world = fakeWorld();
});

const dispatch = (job: Pick<Job, 'id'> = { id: anId('j') }) => dispatchJob(world, { tenant, job_id: job.id, round: 1 });
const row = async (n = 1) => (await world.jobs.get(tenant, anId('j', n)))!;
const held = async (scope: string) => Object.keys(await world.permits.leases(scope));
const user = `user#${tenant}#ada`;

describe('a queued job', () => {
  it('is pinned to a commit, holds a permit per attempt in every scope, and has one execution', async () => {
    world.jobs.seed(aJob({ options: options({ attempts: 2 }) }));

    expect(await dispatch()).toBe('started');

    const job = await row();
    expect(job).toMatchObject({
      status: 'running',
      dispatch: 1,
      base_sha: 'a'.repeat(40),
      repository: { ref: 'main' },
    });
    expect(job.claim).toBeUndefined();
    expect(job.deadline).toBe(world.clock.at(1_800 + 2 * 900 + 1_800));
    const slots = [`${job.id}-1#0`, `${job.id}-1#1`];
    for (const scope of [user, `tenant#${tenant}`, 'install']) expect(await held(scope)).toEqual(slots);
    expect(Object.values(await world.permits.leases('install'))[0]).toBe(world.clock.at(5_400 + 300));
    expect(world.executions.started).toMatchObject([
      {
        name: `${job.id}-1-1`,
        input: {
          attempts: [
            { n: 1, slot: 0 },
            { n: 2, slot: 1 },
          ],
          dispatch: 1,
          job_id: job.id,
          round: 1,
          tenant,
        },
      },
    ]);
    expect(job.execution_arn).toBe(world.executions.started[0]?.arn);
    expect((await world.attempts.list(tenant, job.id)).map(({ status }) => status)).toEqual(['waiting', 'waiting']);
  });

  it('is started once by two messages', async () => {
    world.jobs.seed(aJob());

    expect(await dispatch()).toBe('started');
    expect(await dispatch()).toBe('ignored');

    expect((await row()).dispatch).toBe(1);
    expect(world.executions.started).toHaveLength(1);
  });

  it('is left to the dispatcher that has claimed it', async () => {
    const job = world.jobs.seed(aJob());
    await world.jobs.claim(job, 'another', world.clock.at(60));

    expect(await dispatch()).toBe('ignored');
    expect(world.faults.calls).not.toContain('permits.acquire');

    world.clock.advanceSeconds(61);
    expect(await dispatch()).toBe('started');
  });

  it('fails within seconds when its ref is not there, and gives the money back', async () => {
    const job = world.jobs.seed(aJob());
    await world.budgets.reserve(tenant, '2026-01-05', job.id, 1_500_000, 9_000_000);
    world.codeHost.unreachable.add(job.repository.url);

    expect(await dispatch()).toBe('failed');

    expect(await row()).toMatchObject({ status: 'failed', failure: { code: 'repo_unreachable', retryable: false } });
    expect(await world.budgets.spent(tenant, '2026-01-05')).toEqual({ spent: 0, reserved: 0 });
    expect(world.live.pushed.length).toBeGreaterThan(0);
  });

  it('is tried again when the code host fails in a way that is not the repository’s', async () => {
    world.jobs.seed(aJob());
    world.faults.before('codeHost.resolve', new Error('out of sockets'));

    await expect(dispatch()).rejects.toThrow('out of sockets');

    expect((await row()).status).toBe('queued');
  });

  it('fails as no_capacity after 24 hours in the line', async () => {
    world.jobs.seed(aJob({ waiting_since: world.clock.at() }));
    world.clock.advanceSeconds(24 * 3_600 + 1);

    expect(await dispatch()).toBe('failed');

    expect((await row()).failure?.code).toBe('no_capacity');
  });

  it('that was cancelled or has ended is not touched', async () => {
    for (const status of ['cancelling', 'cancelled', 'failed', 'awaiting_review'] as const) {
      const job = world.jobs.seed(aJob({ status }));

      expect(await dispatch(job)).toBe('ignored');

      expect((await row()).v).toBe(job.v);
    }
    expect(world.executions.started).toEqual([]);
  });
});

describe('without room', () => {
  it('a job takes its place in the line and keeps nothing', async () => {
    await world.permits.acquire(
      'install',
      16,
      Array.from({ length: 16 }, (_, k) => `x#${k}`),
      world.clock.at(60),
    );
    world.jobs.seed(aJob());

    expect(await dispatch()).toBe('waiting');

    expect(await row()).toMatchObject({ status: 'queued', waiting_since: world.clock.at() });
    expect((await row()).claim).toBeUndefined();
    expect(await held(user)).toEqual([]);
    expect(await held(`tenant#${tenant}`)).toEqual([]);
    expect(world.log.of(tenant, anId('j'))).toMatchObject([{ type: 'waiting', data: { position: 1 } }]);
  });

  it('a job keeps its place when it is refused again', async () => {
    await world.permits.acquire(
      'install',
      16,
      Array.from({ length: 16 }, (_, k) => `x#${k}`),
      world.clock.at(60),
    );
    const since = '2026-01-05T08:30:00.000Z';
    world.jobs.seed(aJob({ waiting_since: since }));

    await dispatch();

    expect((await row()).waiting_since).toBe(since);
  });

  it('a younger job does not overtake one of the same user, although it would fit', async () => {
    await world.permits.acquire(user, 4, ['x#0', 'x#1'], world.clock.at(60));
    world.jobs.seed(aJob({ options: options({ attempts: 3 }), waiting_since: '2026-01-05T08:00:00.000Z' }));
    world.jobs.seed(aJob({ id: anId('j', 2) }));

    expect(await dispatch({ id: anId('j', 2) })).toBe('waiting');
  });

  it('a younger job overtakes those whose own user has no room', async () => {
    await world.permits.acquire(user, 4, ['x#0', 'x#1'], world.clock.at(60));
    world.jobs.seed(aJob({ options: options({ attempts: 3 }), waiting_since: '2026-01-05T08:00:00.000Z' }));
    world.jobs.seed(aJob({ id: anId('j', 2), user: 'bob' }));

    expect(await dispatch({ id: anId('j', 2) })).toBe('started');
  });

  it('a younger job does not overtake one that waits for the tenant’s or the installation’s room', async () => {
    await world.permits.acquire(
      `tenant#${tenant}`,
      8,
      Array.from({ length: 6 }, (_, k) => `x#${k}`),
      world.clock.at(60),
    );
    world.jobs.seed(aJob({ options: options({ attempts: 3 }), waiting_since: '2026-01-05T08:00:00.000Z' }));
    world.jobs.seed(aJob({ id: anId('j', 2), user: 'bob' }));

    expect(await dispatch({ id: anId('j', 2) })).toBe('waiting');
  });
});

describe('a race', () => {
  it('lost to a cancel gives the permits back', async () => {
    const job = world.jobs.seed(aJob());
    world.faults.meanwhile('jobs.transition', async () => {
      world.jobs.seed({ ...(await row()), status: 'cancelling', v: job.v + 1 });
    });

    expect(await dispatch()).toBe('ignored');

    expect(await held(user)).toEqual([]);
    expect(await held('install')).toEqual([]);
    expect(world.executions.started).toEqual([]);
  });

  it('lost to another dispatcher leaves the permits, which are in use', async () => {
    world.jobs.seed(aJob());
    world.faults.meanwhile('jobs.transition', async () => {
      world.jobs.seed({ ...(await row()), status: 'running', v: 2, dispatch: 1 });
    });

    expect(await dispatch()).toBe('ignored');

    expect(await held('install')).toHaveLength(1);
  });

  it('with a crash before the execution is healed by the next message, under the same number', async () => {
    world.jobs.seed(aJob());
    world.faults.before('executions.start', new Error('down'));

    await expect(dispatch()).rejects.toThrow('down');
    expect(await dispatch()).toBe('started');

    expect(world.executions.started.map(({ name }) => name)).toEqual([`${anId('j')}-1-1`]);
    expect((await row()).execution_arn).toBeDefined();
  });

  it('with a lost answer of StartExecution leads to one execution', async () => {
    world.jobs.seed(aJob());
    world.faults.after('executions.start', new Error('lost'));

    await expect(dispatch()).rejects.toThrow('lost');
    await dispatch();

    expect(world.executions.started).toHaveLength(1);
    expect((await row()).execution_arn).toBe(world.executions.started[0]?.arn);
  });

  it('between a cancel and the note of the execution still leads to the execution being found', async () => {
    world.jobs.seed(aJob());
    world.faults.meanwhile('executions.start', async () => {
      world.jobs.seed({ ...(await row()), status: 'cancelling', v: 3 });
    });

    expect(await dispatch()).toBe('started');

    expect((await row()).status).toBe('cancelling');
  });
});
