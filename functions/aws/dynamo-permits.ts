import type { Permits } from '#core/ports/permits';
import { untilWon } from './conflicts.ts';
import type { DynamoTable } from './dynamo-table.ts';
import type { Expression } from './expression.ts';
import { indexKeys, permitKey, scopeOf } from './keys.ts';

/**
 * One item per scope: `leases {slot: expiry}`. A map instead of a counter, because a counter cannot tell whose permit a
 * crash has left behind. The item also stands in the deadline index, under a key of its own, so that the sweeper finds
 * all scopes without a scan.
 */
export function dynamoPermits({ table }: { table: DynamoTable }): Permits {
  async function leases(scope: string): Promise<Record<string, string> | undefined> {
    return (await table.get(permitKey(scope)))?.leases as Record<string, string> | undefined;
  }

  /** A path into a map that is missing fails any condition on it, just like a full one. */
  async function createItem(scope: string): Promise<void> {
    await table.putIf({
      ...permitKey(scope),
      leases: {},
      deadline_pk: indexKeys.permits(),
      // The sort attribute of the index; permits have no deadline as a whole, so any constant does.
      deadline: scope,
    });
  }

  /** In one write: takes `missing`, prolongs `held` (each still as it was read), if there is room for all. */
  async function take(scope: string, limit: number, missing: string[], held: [string, string][], expiresAt: string) {
    const slots = [...missing, ...held.map(([slot]) => slot)];
    return await table.update(permitKey(scope), (e) => ({
      set: slots.map((slot) => `${e.name('leases', slot)} = ${e.value(expiresAt)}`),
      when: [
        ...(missing.length > 0 ? [`size(${e.name('leases')}) <= ${e.value(limit - missing.length)}`] : []),
        ...missing.map((slot) => `attribute_not_exists(${e.name('leases', slot)})`),
        ...held.map(([slot, expiry]) => `${e.name('leases', slot)} = ${e.value(expiry)}`),
      ].join(' AND '),
    }));
  }

  const isHeld = (e: Expression, slot: string) => `attribute_exists(${e.name('leases', slot)})`;

  return {
    async acquire(scope, limit, slots, expiresAt) {
      if (slots.length === 0) return true;
      if (slots.length <= limit && (await take(scope, limit, slots, [], expiresAt))) return true;
      return await untilWon(`permits of ${scope}`, async () => {
        const current = await leases(scope);
        if (!current) {
          await createItem(scope);
        }
        const known = current ?? {};
        const missing = slots.filter((slot) => known[slot] === undefined);
        if (missing.length > 0 && Object.keys(known).length + missing.length > limit) return false;
        const shorter = slots.flatMap((slot): [string, string][] => {
          const expiry = known[slot];
          return expiry !== undefined && expiry < expiresAt ? [[slot, expiry]] : [];
        });
        if (missing.length === 0 && shorter.length === 0) return true;
        return (await take(scope, limit, missing, shorter, expiresAt)) ? true : undefined;
      });
    },

    async renew(scope, slot, expiresAt) {
      const written = await table.update(permitKey(scope), (e) => ({
        set: [`${e.name('leases', slot)} = ${e.value(expiresAt)}`],
        when: isHeld(e, slot),
      }));
      return written !== undefined;
    },

    async release(scope, slots) {
      if (slots.length === 0) return;
      await table.update(permitKey(scope), (e) => ({
        remove: slots.map((slot) => e.name('leases', slot)),
        when: `attribute_exists(${e.name('leases')})`,
      }));
    },

    leases: async (scope) => (await leases(scope)) ?? {},

    async sweep(scope, now) {
      const ranOut = Object.entries((await leases(scope)) ?? {}).filter(([, expiry]) => expiry < now);
      const removed = await Promise.all(
        ranOut.map(async ([slot, expiry]) => {
          const written = await table.update(permitKey(scope), (e) => ({
            remove: [e.name('leases', slot)],
            when: `${e.name('leases', slot)} = ${e.value(expiry)}`,
          }));
          return written ? [slot] : [];
        }),
      );
      return removed.flat();
    },

    async scopes() {
      const entries = await table.query({
        index: 'deadline',
        condition: (e) => `${e.name('deadline_pk')} = ${e.value(indexKeys.permits())}`,
      });
      return entries.map(({ pk }) => scopeOf({ pk: String(pk) }));
    },
  };
}
