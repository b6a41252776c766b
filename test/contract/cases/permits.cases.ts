import { describe, expect } from 'vitest';
import { caseOf, type Subject } from '../case.ts';

export function permitsCases(subject: Subject): void {
  const it = caseOf(subject);
  const scope = 'tenant#acme';

  describe('permits', () => {
    it('takes all slots or none', async ({ permits, clock }) => {
      expect(await permits.acquire(scope, 3, ['j1#0', 'j1#1'], clock.at(60))).toBe(true);

      expect(await permits.acquire(scope, 3, ['j2#0', 'j2#1'], clock.at(60))).toBe(false);
      expect(Object.keys(await permits.leases(scope)).sort()).toEqual(['j1#0', 'j1#1']);
      expect(await permits.acquire(scope, 3, ['j2#0'], clock.at(60))).toBe(true);
      expect(await permits.acquire(scope, 3, ['j3#0'], clock.at(60))).toBe(false);
    });

    it('refuses more than the limit in an empty scope', async ({ permits, clock }) => {
      expect(await permits.acquire(scope, 1, ['a', 'b'], clock.at(60))).toBe(false);
      expect(await permits.leases(scope)).toEqual({});
    });

    it('counts what is held under these names as taken, even in a full scope', async ({ permits, clock }) => {
      await permits.acquire(scope, 2, ['a', 'b'], clock.at(60));

      expect(await permits.acquire(scope, 2, ['a', 'b'], clock.at(90))).toBe(true);
      expect(await permits.leases(scope)).toEqual({ a: clock.at(90), b: clock.at(90) });
      expect(await permits.acquire(scope, 2, ['b'], clock.at(10))).toBe(true);
      expect(await permits.leases(scope)).toEqual({ a: clock.at(90), b: clock.at(90) });
    });

    it('takes the rest when some are held', async ({ permits, clock }) => {
      await permits.acquire(scope, 3, ['a'], clock.at(60));

      expect(await permits.acquire(scope, 3, ['a', 'b', 'c'], clock.at(60))).toBe(true);
      expect(Object.keys(await permits.leases(scope)).sort()).toEqual(['a', 'b', 'c']);
      expect(await permits.acquire(scope, 3, ['c', 'd'], clock.at(60))).toBe(false);
    });

    it('counts a lease that ran out until it is swept', async ({ permits, clock }) => {
      await permits.acquire(scope, 1, ['a'], clock.at(60));
      clock.advanceSeconds(61);

      expect(await permits.acquire(scope, 1, ['b'], clock.at(60))).toBe(false);
      expect(await permits.sweep(scope, clock.at())).toEqual(['a']);
      expect(await permits.acquire(scope, 1, ['b'], clock.at(60))).toBe(true);
    });

    it('sweeps only what ran out', async ({ permits, clock }) => {
      await permits.acquire(scope, 3, ['a'], clock.at(60));
      await permits.acquire(scope, 3, ['b'], clock.at(30));
      await permits.renew(scope, 'a', clock.at(90));

      expect(await permits.sweep(scope, clock.at(61))).toEqual(['b']);
      expect(await permits.leases(scope)).toEqual({ a: clock.at(90) });
    });

    it('renews only what is held', async ({ permits, clock }) => {
      await permits.acquire(scope, 2, ['a'], clock.at(60));

      expect(await permits.renew(scope, 'a', clock.at(120))).toBe(true);
      expect(await permits.renew(scope, 'b', clock.at(120))).toBe(false);
      expect(await permits.renew('never seen', 'a', clock.at(120))).toBe(false);
      expect(await permits.leases(scope)).toEqual({ a: clock.at(120) });
    });

    it('releases, again and again', async ({ permits, clock }) => {
      await permits.acquire(scope, 2, ['a', 'b'], clock.at(60));

      await permits.release(scope, ['a', 'never held']);
      await permits.release(scope, ['a']);
      await permits.release('never seen', ['a']);

      expect(await permits.leases(scope)).toEqual({ b: clock.at(60) });
    });

    it('stays within the limit when many take at once', async ({ permits, clock }) => {
      const wanted = Array.from({ length: 12 }, (_, n) => [`j${n}#0`, `j${n}#1`]);

      const outcomes = await Promise.all(wanted.map((slots) => permits.acquire(scope, 7, slots, clock.at(60))));

      expect(outcomes.filter((taken) => taken)).toHaveLength(3);
      const held = Object.keys(await permits.leases(scope));
      expect(held.sort()).toEqual(
        wanted
          .filter((_, n) => outcomes[n])
          .flat()
          .sort(),
      );
    });

    it('keeps the newest refusal of the provider, whatever comes late', async ({ permits, clock }) => {
      const older = { to: 2, at: clock.at() };
      const newer = { to: 5, at: clock.at(10) };
      await permits.ease('never seen', newer);
      expect(await permits.easing('never seen')).toBeUndefined();
      await permits.acquire(scope, 9, ['a'], clock.at(60));
      expect(await permits.easing(scope)).toBeUndefined();

      await permits.ease(scope, newer);
      await permits.ease(scope, older);

      expect(await permits.easing(scope)).toEqual(newer);
      expect(await permits.leases(scope)).toEqual({ a: clock.at(60) });
    });

    it('knows the scopes that were ever used', async ({ permits, clock }) => {
      await permits.acquire('install', 2, ['a'], clock.at(60));
      await permits.acquire('user#a%23b#c', 2, ['a'], clock.at(60));

      expect((await permits.scopes()).sort()).toEqual(['install', 'user#a%23b#c']);
    });
  });
}
