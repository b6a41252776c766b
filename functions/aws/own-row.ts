import type { Item } from './dynamo-table.ts';

/**
 * What an adapter stored in an item, without the keys and the expiry that it put around it. Its shape is not checked
 * again: only for rows that no other code writes than the adapter that reads them.
 */
export function ownRow<T extends object>(item: Item): T {
  const { pk: _pk, sk: _sk, ttl: _ttl, ...row } = item;
  return row as Item & T;
}
