import { describe, expect } from 'vitest';
import { LostRace, PatchbayError } from '#core/errors';
import { anAttempt, anId, aSandboxRow, tenant } from '#test/support/builders';
import { caseOf, type Subject } from '../case.ts';

export function attemptStoreCases(subject: Subject): void {
  const it = caseOf(subject);
  const jobId = anId('j');

  describe('attempts', () => {
    it('creates what is missing and leaves what is there', async ({ attempts }) => {
      await attempts.createMissing([anAttempt({ n: 2, model: 'a/b' }), anAttempt({ n: 10 })]);

      await attempts.createMissing([anAttempt({ n: 1 }), anAttempt({ n: 2, model: 'c/d' })]);

      const rows = await attempts.list(tenant, jobId);
      expect(rows.map(({ n, model }) => [n, model])).toEqual([
        [1, 'replay/demo'],
        [2, 'a/b'],
        [10, 'replay/demo'],
      ]);
      expect(await attempts.get(tenant, jobId, 10)).toEqual(anAttempt({ n: 10 }));
      expect(await attempts.get('other', jobId, 10)).toBeUndefined();
    });

    it('lists the rows of one job alone, without its sandboxes and events', async ({ attempts, sandboxRows, log }) => {
      await attempts.createMissing([anAttempt(), anAttempt({ job_id: anId('j', 2) })]);
      await sandboxRows.begin(aSandboxRow());
      await log.append(tenant, jobId, [{ src: 'job', src_seq: 1, type: 'job_status', at: 'x', data: {} }]);

      expect(await attempts.list(tenant, jobId)).toEqual([anAttempt()]);
    });

    it('writes a status with its entry and its changes', async ({ attempts, clock }) => {
      await attempts.createMissing([anAttempt()]);

      const running = await attempts.transition(anAttempt(), 'running', { sandbox_id: 'sbx1' }, { model: 'a/b' });

      expect(running).toEqual(await attempts.get(tenant, jobId, 1));
      expect(running).toMatchObject({ status: 'running', v: 2, sandbox_id: 'sbx1' });
      expect(running.transitions.at(-1)).toEqual({ v: 2, to: 'running', at: clock.at(), data: { model: 'a/b' } });
    });

    it('lets one of two racing writers win', async ({ attempts }) => {
      await attempts.createMissing([anAttempt()]);

      const outcomes = await Promise.allSettled([
        attempts.transition(anAttempt(), 'running', {}),
        attempts.transition(anAttempt(), 'cancelled', {}),
      ]);

      const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
      expect(lost).toHaveLength(1);
      expect(lost[0]?.reason).toBeInstanceOf(LostRace);
    });

    it('refuses a status that the table does not allow', async ({ attempts }) => {
      const attempt = anAttempt({ status: 'solved' });
      await attempts.createMissing([attempt]);

      await expect(attempts.transition(attempt, 'failed', {})).rejects.toThrow(PatchbayError);
      expect(await attempts.get(tenant, jobId, 1)).toEqual(attempt);
    });

    it('changes other attributes whatever the status is, but makes no row', async ({ attempts }) => {
      await attempts.createMissing([anAttempt({ sandbox_id: 'sbx1' })]);
      const beat = { at: '2026-01-05T09:01:00.000Z', phase: 'solving', steps: 3, cost_usd: 0.25 };
      const usage = { calls: 3, cost_usd: 0.123456, input: 10, output: 20, cached: 5 };

      await attempts.change(anAttempt({ status: 'running' }), { beat, usage, sandbox_id: null });

      const { sandbox_id: _, ...before } = anAttempt();
      expect(await attempts.get(tenant, jobId, 1)).toEqual({ ...before, beat, usage });
      await expect(attempts.change(anAttempt({ n: 2 }), { beat })).rejects.toMatchObject({ code: 'not_found' });
      expect(await attempts.get(tenant, jobId, 2)).toBeUndefined();
    });
  });

  describe('sandbox rows', () => {
    it('returns the row of the same dispatch, and its nonce, to a repeated step', async ({ sandboxRows }) => {
      const first = await sandboxRows.begin(aSandboxRow({ nonce: 'one' }));

      const second = await sandboxRows.begin(aSandboxRow({ nonce: 'two' }));

      expect(first.nonce).toBe('one');
      expect(second).toEqual(first);
      expect(await sandboxRows.get(tenant, jobId, 'X#1#solve')).toEqual(first);
    });

    it('replaces the row of an earlier dispatch, and protects that of a later one', async ({ sandboxRows }) => {
      await sandboxRows.begin(aSandboxRow({ nonce: 'one', sandbox_id: 'sbx1', dispatch: 1 }));

      const replaced = await sandboxRows.begin(aSandboxRow({ nonce: 'two', dispatch: 2 }));

      expect(replaced).toEqual(aSandboxRow({ nonce: 'two', dispatch: 2 }));
      expect(await sandboxRows.get(tenant, jobId, 'X#1#solve')).toEqual(replaced);
      await expect(sandboxRows.begin(aSandboxRow({ nonce: 'one', dispatch: 1 }))).rejects.toThrow(LostRace);
      await expect(sandboxRows.change(aSandboxRow({ nonce: 'one', dispatch: 1 }), { sandbox_id: 'x' })).rejects.toThrow(
        LostRace,
      );
    });

    it('changes the row with this nonce', async ({ sandboxRows }) => {
      const row = await sandboxRows.begin(aSandboxRow({ task_token: 't' }));

      const changed = await sandboxRows.change(row, { state: 'live', sandbox_id: 'sbx1', task_token: null });

      expect(changed).toEqual({ ...aSandboxRow(), state: 'live', sandbox_id: 'sbx1' });
      expect(await sandboxRows.get(tenant, jobId, row.key)).toEqual(changed);
    });

    it('lists all sandboxes of a job', async ({ sandboxRows }) => {
      for (const key of ['X#1#solve', 'X#1#verify', 'X#judge']) await sandboxRows.begin(aSandboxRow({ key }));
      await sandboxRows.begin(aSandboxRow({ job_id: anId('j', 2) }));

      const keys = (await sandboxRows.list(tenant, jobId)).map(({ key }) => key);

      expect(keys.sort()).toEqual(['X#1#solve', 'X#1#verify', 'X#judge']);
    });
  });
}
