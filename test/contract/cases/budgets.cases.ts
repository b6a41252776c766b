import { describe, expect } from 'vitest';
import { anAttempt, anId, tenant } from '#test/support/builders';
import { caseOf, type Subject } from '../case.ts';

export function budgetsCases(subject: Subject): void {
  const it = caseOf(subject);
  const [scope, day] = ['tenant#acme', '2026-01-05'];

  describe('budgets', () => {
    it('reserves up to the cap, each job once', async ({ budgets }) => {
      expect(await budgets.reserve(scope, day, 'j1', 600, 1_000)).toBe(true);
      expect(await budgets.reserve(scope, day, 'j1', 600, 1_000)).toBe(true);

      expect(await budgets.reserve(scope, day, 'j2', 401, 1_000)).toBe(false);
      expect(await budgets.reserve(scope, day, 'j2', 400, 1_000)).toBe(true);
      expect(await budgets.spent(scope, day)).toEqual({ spent: 0, reserved: 1_000 });
    });

    it('counts a repeated reservation once, however much room there is', async ({ budgets }) => {
      await budgets.reserve(scope, day, 'j1', 100, 1_000);
      await budgets.reserve(scope, day, 'j1', 100, 1_000);

      expect(await budgets.spent(scope, day)).toEqual({ spent: 0, reserved: 100 });
    });

    it('settles once: the reservation goes, what was spent stays', async ({ budgets }) => {
      await budgets.reserve(scope, day, 'j1', 600, 1_000);
      await budgets.reserve(scope, day, 'j2', 100, 1_000);

      await budgets.settle(scope, day, 'j1', 150);
      await budgets.settle(scope, day, 'j1', 150);
      await budgets.settle(scope, day, 'never reserved', 5);
      await budgets.settle(scope, '2020-01-01', 'j1', 5);

      expect(await budgets.spent(scope, day)).toEqual({ spent: 150, reserved: 100 });
      expect(await budgets.reserve(scope, day, 'j3', 751, 1_000)).toBe(false);
      expect(await budgets.reserve(scope, day, 'j3', 750, 1_000)).toBe(true);
    });

    it('stays within the cap when many reserve at once', async ({ budgets }) => {
      const jobs = Array.from({ length: 10 }, (_, n) => `j${n}`);

      const outcomes = await Promise.all(jobs.map((job) => budgets.reserve(scope, day, job, 300, 1_000)));

      expect(outcomes.filter((reserved) => reserved)).toHaveLength(3);
      expect(await budgets.spent(scope, day)).toEqual({ spent: 0, reserved: 900 });
    });

    it('keeps days and scopes apart', async ({ budgets }) => {
      await budgets.reserve(scope, day, 'j1', 600, 1_000);

      expect(await budgets.reserve(scope, '2026-01-06', 'j2', 1_000, 1_000)).toBe(true);
      expect(await budgets.reserve('tenant#other', day, 'j2', 1_000, 1_000)).toBe(true);
      expect(await budgets.spent('tenant#third', day)).toEqual({ spent: 0, reserved: 0 });
    });
  });

  describe('the meter', () => {
    const key = { tenant, job_id: anId('j'), attempt: 1 };
    const call = (id: string, at: string, max_micro_usd = 100) => ({ id, at, max_micro_usd });
    const used = (micro_usd: number, counted = true) => ({ micro_usd, input: 10, output: 5, cached: 2, counted });

    it('lets one call in at a time, and counts what it cost', async ({ meter, attempts, clock }) => {
      await attempts.createMissing([anAttempt()]);
      const limits = { micro_usd: 1_000, calls: 10, staleBefore: clock.at(-60) };

      expect(await meter.open(key, call('c1', clock.at()), limits)).toBe('ok');
      expect(await meter.open(key, call('c1', clock.at()), limits)).toBe('ok');
      expect(await meter.open(key, call('c2', clock.at()), limits)).toBe('busy');
      expect(await meter.settle(key, 'c1', used(70))).toEqual({ calls: 1, cost_usd: 0.00007 });
      expect(await meter.settle(key, 'c1', used(70))).toEqual({ calls: 1, cost_usd: 0.00007 });

      expect(await meter.open(key, call('c2', clock.at()), limits)).toBe('ok');
      const { usage } = (await attempts.get(tenant, key.job_id, 1)) ?? {};
      expect(usage).toEqual({ calls: 2, cost_usd: 0.00007, input: 10, output: 5, cached: 2 });
    });

    it('refuses a call whose maximum would pass the cap, and one step too many', async ({ meter, attempts, clock }) => {
      await attempts.createMissing([anAttempt()]);
      const limits = { micro_usd: 150, calls: 2, staleBefore: clock.at(-60) };
      await meter.open(key, call('c1', clock.at()), limits);
      await meter.settle(key, 'c1', used(60));

      expect(await meter.open(key, call('c2', clock.at()), limits)).toBe('cost');
      expect(await meter.open(key, call('c2', clock.at(), 90), limits)).toBe('ok');
      await meter.settle(key, 'c2', used(0));
      expect(await meter.open(key, call('c3', clock.at(), 1), limits)).toBe('steps');
    });

    it('frees the step of a call that the provider never answered', async ({ meter, attempts, clock }) => {
      await attempts.createMissing([anAttempt()]);
      const limits = { micro_usd: 1_000, calls: 1, staleBefore: clock.at(-60) };
      await meter.open(key, call('c1', clock.at()), limits);

      const totals = await meter.settle(key, 'c1', { micro_usd: 0, input: 0, output: 0, cached: 0, counted: false });

      expect(totals).toEqual({ calls: 0, cost_usd: 0 });
      expect(await meter.open(key, call('c2', clock.at()), limits)).toBe('ok');
    });

    it('writes a lost call off at its maximum', async ({ meter, attempts, clock }) => {
      await attempts.createMissing([anAttempt()]);
      const limits = () => ({ micro_usd: 250, calls: 9, staleBefore: clock.at(-60) });
      await meter.open(key, call('lost', clock.at()), limits());
      clock.advanceSeconds(61);

      expect(await meter.open(key, call('c2', clock.at()), limits())).toBe('ok');

      expect(await meter.settle(key, 'lost', used(1))).toEqual({ calls: 2, cost_usd: 0.0001 });
      await meter.settle(key, 'c2', used(60));
      expect(await meter.open(key, call('c3', clock.at()), limits())).toBe('cost');
    });

    it('closes with a call in flight at its maximum, whatever comes of it later', async ({
      meter,
      attempts,
      clock,
    }) => {
      await attempts.createMissing([anAttempt()]);
      const limits = { micro_usd: 1_000, calls: 9, staleBefore: clock.at(-60) };
      await meter.open(key, call('c1', clock.at()), limits);
      await meter.settle(key, 'c1', used(60));
      await meter.open(key, call('late', clock.at()), limits);

      const closed = { calls: 2, cost_usd: 0.00016 };
      expect(await meter.close(key)).toEqual(closed);
      expect(await meter.settle(key, 'late', used(20))).toEqual(closed);
      expect(await meter.close(key)).toEqual(closed);
      expect((await attempts.get(tenant, key.job_id, 1))?.usage.cost_usd).toBe(closed.cost_usd);
    });

    it('meters only attempts that exist', async ({ meter, clock }) => {
      const limits = { micro_usd: 150, calls: 2, staleBefore: clock.at() };

      await expect(meter.open(key, call('c1', clock.at()), limits)).rejects.toMatchObject({ code: 'not_found' });
      await expect(meter.settle(key, 'c1', used(1))).rejects.toMatchObject({ code: 'not_found' });
    });

    it('leaves an attempt as it was otherwise', async ({ meter, attempts, clock }) => {
      const attempt = anAttempt({ status: 'running' });
      await attempts.createMissing([attempt]);
      await meter.open(key, call('c1', clock.at()), { micro_usd: 500, calls: 2, staleBefore: clock.at() });
      await meter.settle(key, 'c1', used(0));

      const collecting = await attempts.transition(attempt, 'collecting', {});

      expect(collecting.usage).toEqual({ calls: 1, cost_usd: 0, input: 10, output: 5, cached: 2 });
    });
  });
}
