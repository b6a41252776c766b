import { describe, expect } from 'vitest';
import { LostRace, PatchbayError } from '#core/errors';
import { aJob, anId, tenant } from '#test/support/builders';
import { caseOf, type Subject } from '../case.ts';

export function jobStoreCases(subject: Subject): void {
  const it = caseOf(subject);

  describe('jobs', () => {
    it('keeps a row as it was given', async ({ jobs, clock }) => {
      const review = { decision: 'reject', attempt: null, comment: null, by: 'ada', at: clock.at() } as const;
      const job = aJob({ feedback: 'shorter, please', retry_of: anId('j', 2), review });

      expect(await jobs.create(job)).toBe(true);

      expect(await jobs.get(tenant, job.id)).toEqual(job);
    });

    it('does not create twice', async ({ jobs }) => {
      const job = aJob();
      await jobs.create(job);

      expect(await jobs.create(aJob({ request_hash: 'f'.repeat(64) }))).toBe(false);

      expect(await jobs.get(tenant, job.id)).toEqual(job);
    });

    it('shows a tenant nothing of another, whatever the names are', async ({ jobs }) => {
      await jobs.create(aJob({ tenant: 'a#b' }));

      expect(await jobs.get('a', `b#${anId('j')}`)).toBeUndefined();
      expect(await jobs.get('a', anId('j'))).toBeUndefined();
      expect((await jobs.list('a', {}, 10)).jobs).toEqual([]);
      expect((await jobs.list('a#b', {}, 10)).jobs).toHaveLength(1);
    });

    it('writes a status with its entry, its changes and an outbox mark', async ({ jobs, clock }) => {
      const job = aJob({ waiting_since: clock.at() });
      await jobs.create(job);
      clock.advance(1_000);

      const running = await jobs.transition(
        job,
        'running',
        { dispatch: 1, waiting_since: null, deadline: clock.at(60), execution_arn: undefined },
        { reason: 'permits' },
      );

      expect(running).toEqual(await jobs.get(tenant, job.id));
      expect(running).toMatchObject({ status: 'running', v: 2, dispatch: 1, deadline: clock.at(60) });
      expect(running.transitions.at(-1)).toEqual({ v: 2, to: 'running', at: clock.at(), data: { reason: 'permits' } });
      expect(running.waiting_since).toBeUndefined();
      expect(Date.parse(running.outbox ?? '')).toBe(clock.now());
    });

    it('lets one of two racing writers win', async ({ jobs }) => {
      const job = aJob();
      await jobs.create(job);

      const outcomes = await Promise.allSettled([
        jobs.transition(job, 'running', {}),
        jobs.transition(job, 'cancelling', {}),
        jobs.transition(job, 'running', {}),
      ]);

      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(LostRace);
      expect((await jobs.get(tenant, job.id))?.transitions).toHaveLength(2);
    });

    it('refuses a status that the table does not allow, before any write', async ({ jobs }) => {
      const job = aJob({ status: 'completed' });
      await jobs.create(job);

      const refused = jobs.transition(job, 'running', {});

      await expect(refused).rejects.toThrow(PatchbayError);
      await expect(refused).rejects.not.toBeInstanceOf(LostRace);
      expect(await jobs.get(tenant, job.id)).toEqual(job);
    });

    it('refuses a row that went through other statuses and back', async ({ jobs }) => {
      const stale = aJob();
      await jobs.create(stale);
      const running = await jobs.transition(stale, 'running', {});
      await jobs.transition(running, 'queued', {});

      await expect(jobs.transition(stale, 'running', {})).rejects.toThrow(LostRace);
      await expect(jobs.claim(stale, 'a', '2027-01-01T00:00:00.000Z')).rejects.toThrow(LostRace);
    });

    it('refuses every write to a row that is not there, and makes none', async ({ jobs }) => {
      const job = aJob();

      await expect(jobs.transition(job, 'running', {})).rejects.toThrow(LostRace);
      await expect(jobs.change(job, { dispatch: 3 })).rejects.toThrow(LostRace);
      await expect(jobs.claim(job, 'a', '2027-01-01T00:00:00.000Z')).rejects.toThrow(LostRace);
      await jobs.clearOutbox(job, 'mark');
      expect(await jobs.get(tenant, job.id)).toBeUndefined();
    });

    it('changes attributes while the status holds, with what others changed left alone', async ({ jobs }) => {
      const job = aJob({ base_sha: 'c'.repeat(40) });
      await jobs.create(job);

      await jobs.change(job, { dispatch: 4 });
      const changed = await jobs.change(job, { base_sha: null, feedback: 'x' });

      expect(changed).toEqual({ ...aJob(), dispatch: 4, feedback: 'x' });
      await jobs.transition(job, 'running', {});
      await expect(jobs.change(job, { dispatch: 5 })).rejects.toThrow(LostRace);
    });

    it('gives a claim to one dispatcher until it runs out', async ({ jobs, clock }) => {
      const job = aJob();
      await jobs.create(job);

      const claimed = await jobs.claim(job, 'one', clock.at(60));

      expect(claimed.claim).toEqual({ by: 'one', until: clock.at(60) });
      await expect(jobs.claim(job, 'two', clock.at(60))).rejects.toThrow(LostRace);
      expect((await jobs.claim(job, 'one', clock.at(90))).claim?.until).toBe(clock.at(90));
      clock.advanceSeconds(90);
      expect((await jobs.claim(job, 'two', clock.at(60))).claim?.by).toBe('two');
    });

    it('does not clear a newer mark, even one of the same millisecond', async ({ jobs }) => {
      const job = aJob();
      await jobs.create(job);
      const running = await jobs.transition(job, 'running', {});
      const queued = await jobs.transition(running, 'queued', {});

      await jobs.clearOutbox(job, running.outbox ?? '');
      expect((await jobs.get(tenant, job.id))?.outbox).toBe(queued.outbox);
      await jobs.clearOutbox(job, queued.outbox ?? '');
      expect((await jobs.get(tenant, job.id))?.outbox).toBeUndefined();
    });

    it('finds marks by age, oldest first, and not those that are cleared', async ({ jobs, clock }) => {
      for (const n of [1, 2, 3, 4, 5]) {
        await jobs.create(aJob({ id: anId('j', n), outbox: clock.at() }));
        clock.advanceSeconds(10);
      }
      await jobs.clearOutbox({ tenant, id: anId('j', 1) }, '2026-01-05T09:00:00.000Z');

      const due = await jobs.outboxDue(clock.at(-15), 2);

      expect(due).toEqual([
        { tenant, id: anId('j', 2) },
        { tenant, id: anId('j', 3) },
      ]);
      expect(await jobs.outboxDue(clock.at(-15), 10)).toHaveLength(3);
    });

    it('keeps a line per tenant, of queued jobs alone', async ({ jobs, clock }) => {
      const since = (n: number) => clock.at(n * 10);
      await jobs.create(aJob({ id: anId('j', 3), waiting_since: since(3) }));
      await jobs.create(aJob({ id: anId('j', 1), waiting_since: since(1) }));
      await jobs.create(aJob({ id: anId('j', 2), waiting_since: since(2) }));
      await jobs.create(aJob({ id: anId('j', 4) }));
      await jobs.create(aJob({ id: anId('j', 5), tenant: 'other#1', waiting_since: since(0) }));
      await jobs.transition(aJob({ id: anId('j', 2) }), 'cancelling', {});

      expect(await jobs.waiting(tenant, 10)).toEqual([
        { tenant, id: anId('j', 1), since: since(1) },
        { tenant, id: anId('j', 3), since: since(3) },
      ]);
      expect(await jobs.waiting(tenant, 1)).toHaveLength(1);
      expect((await jobs.waitingTenants()).sort()).toEqual([tenant, 'other#1']);
    });

    it('puts a job back to its old place when the provider was busy', async ({ jobs, clock }) => {
      await jobs.create(aJob({ id: anId('j', 1), waiting_since: clock.at(10) }));
      await jobs.create(aJob({ id: anId('j', 2), waiting_since: clock.at(20) }));

      const running = await jobs.transition(aJob({ id: anId('j', 1) }), 'running', {});
      expect((await jobs.waiting(tenant, 10)).map(({ id }) => id)).toEqual([anId('j', 2)]);
      await jobs.transition(running, 'queued', {});

      expect((await jobs.waiting(tenant, 10)).map(({ id }) => id)).toEqual([anId('j', 1), anId('j', 2)]);
    });

    it('finds deadlines of rows that are at work, and of no others', async ({ jobs, clock }) => {
      const deadline = clock.at(60);
      for (const n of [1, 2, 3, 4]) await jobs.create(aJob({ id: anId('j', n), status: 'running', deadline }));
      const row = (n: number) => aJob({ id: anId('j', n), status: 'running' });
      await jobs.transition(row(1), 'awaiting_review', {});
      await jobs.transition(row(2), 'failed', {});
      await jobs.transition(row(3), 'cancelling', {});
      await jobs.change(row(4), { deadline: clock.at(600) });

      expect(await jobs.deadlineDue(clock.at(60), 10)).toEqual([]);
      expect(await jobs.deadlineDue(clock.at(61), 10)).toEqual([{ tenant, id: anId('j', 3) }]);
      expect(await jobs.deadlineDue(clock.at(601), 10)).toEqual([
        { tenant, id: anId('j', 3) },
        { tenant, id: anId('j', 4) },
      ]);
    });

    it('lists newest first, page by page', async ({ jobs, clock }) => {
      for (let n = 1; n <= 5; n += 1) await jobs.create(aJob({ id: anId('j', n), created_at: clock.at(n) }));

      const first = await jobs.list(tenant, {}, 2);
      const second = await jobs.list(tenant, {}, 2, first.cursor);
      const third = await jobs.list(tenant, {}, 2, second.cursor);

      const ids = [first, second, third].map(({ jobs: page }) => page.map(({ id }) => id));
      expect(ids).toEqual([[anId('j', 5), anId('j', 4)], [anId('j', 3), anId('j', 2)], [anId('j', 1)]]);
      expect(third.cursor).toBeUndefined();
    });

    it('lists by session and by status', async ({ jobs, clock }) => {
      const session_id = anId('s', 2);
      await jobs.create(aJob({ id: anId('j', 1), session_id, created_at: clock.at(1) }));
      await jobs.create(aJob({ id: anId('j', 2), session_id, status: 'failed', created_at: clock.at(2) }));
      await jobs.create(aJob({ id: anId('j', 3), status: 'failed', created_at: clock.at(3) }));
      await jobs.create(aJob({ id: anId('j', 4), status: 'failed', created_at: clock.at(4) }));

      const idsOf = async (filter: Parameters<typeof jobs.list>[1], limit = 10) =>
        (await jobs.list(tenant, filter, limit)).jobs.map(({ id }) => id);

      expect(await idsOf({ session_id })).toEqual([anId('j', 2), anId('j', 1)]);
      expect(await idsOf({ status: 'failed' })).toEqual([anId('j', 4), anId('j', 3), anId('j', 2)]);
      expect(await idsOf({ session_id, status: 'queued' })).toEqual([anId('j', 1)]);
      const page = await jobs.list(tenant, { status: 'failed' }, 2);
      expect((await jobs.list(tenant, { status: 'failed' }, 2, page.cursor)).jobs.map(({ id }) => id)).toEqual([
        anId('j', 2),
      ]);
    });

    it('refuses a cursor that is none', async ({ jobs }) => {
      await expect(jobs.list(tenant, {}, 2, 'nonsense')).rejects.toMatchObject({ code: 'invalid_request' });
    });
  });
}
