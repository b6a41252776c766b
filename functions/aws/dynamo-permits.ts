import type { Easing } from '#core/job/easing';
import type { Permits } from '#core/ports/permits';
import { untilWon } from './conflicts.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { indexKeys, permitKey, scopeOf } from './keys.ts';

/**
 * One item per scope: `leases {slot: expiry}`. A map instead of a counter, because a counter cannot tell whose permit a
 * crash has left behind. The item also stands in the deadline index, under a key of its own, so that the sweeper finds
 * all scopes without a scan.
 */
export function dynamoPermits({ table }: { table: DynamoTable }): Permits {
  return {
    acquire: (scope, limit, slots, expiresAt) => acquire(table, scope, limit, slots, expiresAt),

    async renew(scope, slot, expiresAt) {
      const written = await table.update(permitKey(scope), (e) => ({
        set: [`${e.name('leases', slot)} = ${e.value(expiresAt)}`],
        when: `attribute_exists(${e.name('leases', slot)})`,
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

    async ease(scope, easing) {
      await table.update(permitKey(scope), (e) => ({
        set: [`${e.name('easing')} = ${e.value(easing)}`],
        when: `attribute_exists(${e.name('leases')}) AND (attribute_not_exists(${e.name('easing')}) OR ${e.name('easing', 'at')} < ${e.value(easing.at)})`,
      }));
    },

    easing: async (scope) => (await table.get(permitKey(scope)))?.easing as Easing | undefined,

    leases: async (scope) => (await leasesOf(table, scope)) ?? {},
    sweep: (scope, now) => sweep(table, scope, now),

    async scopes() {
      const entries = await table.query({
        index: 'deadline',
        condition: (e) => `${e.name('deadline_pk')} = ${e.value(indexKeys.permits())}`,
      });
      return entries.map(({ pk }) => scopeOf({ pk: String(pk) }));
    },
  };
}

/** First try without a read: nearly every job holds nothing yet. Then by what is there, until nobody writes between. */
async function acquire(table: DynamoTable, scope: string, limit: number, slots: string[], expiresAt: string) {
  if (slots.length === 0) return true;
  if (slots.length <= limit && (await take(table, scope, limit, slots, [], expiresAt))) return true;
  return await untilWon(`permits of ${scope}`, async () => {
    const known = (await leasesOf(table, scope)) ?? (await emptyScope(table, scope));
    const missing = slots.filter((slot) => known[slot] === undefined);
    if (missing.length > 0 && Object.keys(known).length + missing.length > limit) return false;
    const shorter = slots.flatMap((slot): Lease[] => {
      const expiry = known[slot];
      return expiry !== undefined && expiry < expiresAt ? [[slot, expiry]] : [];
    });
    if (missing.length === 0 && shorter.length === 0) return true;
    return (await take(table, scope, limit, missing, shorter, expiresAt)) ? true : undefined;
  });
}

/** Slot and expiry. */
type Lease = [slot: string, expiry: string];

/** In one write: takes `missing`, prolongs `held` (each still as it was read), if there is room for all. */
async function take(
  table: DynamoTable,
  scope: string,
  limit: number,
  missing: string[],
  held: Lease[],
  expiresAt: string,
): Promise<boolean> {
  const slots = [...missing, ...held.map(([slot]) => slot)];
  const written = await table.update(permitKey(scope), (e) => ({
    set: slots.map((slot) => `${e.name('leases', slot)} = ${e.value(expiresAt)}`),
    when: [
      // Conditions have no arithmetic: the room is computed here.
      ...(missing.length > 0 ? [`size(${e.name('leases')}) <= ${e.value(limit - missing.length)}`] : []),
      ...missing.map((slot) => `attribute_not_exists(${e.name('leases', slot)})`),
      ...held.map(([slot, expiry]) => `${e.name('leases', slot)} = ${e.value(expiry)}`),
    ].join(' AND '),
  }));
  return written !== undefined;
}

async function leasesOf(table: DynamoTable, scope: string): Promise<Record<string, string> | undefined> {
  return (await table.get(permitKey(scope)))?.leases as Record<string, string> | undefined;
}

/** The map has to be there first: a path into a missing one fails every condition, just like a full scope. */
async function emptyScope(table: DynamoTable, scope: string): Promise<Record<string, string>> {
  await table.putIf({
    ...permitKey(scope),
    leases: {},
    deadline_pk: indexKeys.permits(),
    // The sort attribute of the index; permits have no deadline as a whole, so any constant does.
    deadline: scope,
  });
  return {};
}

async function sweep(table: DynamoTable, scope: string, now: string): Promise<string[]> {
  const ranOut = Object.entries((await leasesOf(table, scope)) ?? {}).filter(([, expiry]) => expiry < now);
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
}
