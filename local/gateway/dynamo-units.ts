import type { JsonObject } from '#local/parts';
import type { Item, TableShape } from './dynamo-keys.ts';

/**
 * The size AWS bills, in bytes: UTF-8 names and values; about one byte for two digits of a number; three bytes for a
 * list or map and one for each entry. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function itemSize(item: Item): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueSize(value), 0);
}

function valueSize(typed: JsonObject): number {
  const [type = '', value] = Object.entries(typed)[0] ?? [];
  const all = (values: unknown, size: (value: never) => number) =>
    (values as never[]).reduce((sum: number, entry) => sum + size(entry), 0);
  switch (type) {
    case 'S':
      return Buffer.byteLength(String(value));
    case 'N':
      return numberSize(String(value));
    case 'B':
      return Buffer.byteLength(String(value), 'base64');
    case 'SS':
      return all(value, (text: string) => Buffer.byteLength(text));
    case 'NS':
      return all(value, numberSize);
    case 'BS':
      return all(value, (text: string) => Buffer.byteLength(text, 'base64'));
    case 'L':
      return 3 + all(value, (entry: JsonObject) => 1 + valueSize(entry));
    case 'M':
      return 3 + itemSize(value as Item) + Object.keys(value as Item).length;
    default:
      return 1; // BOOL, NULL
  }
}

function numberSize(text: string): number {
  const digits = text
    .replace(/e.*$/i, '')
    .replace(/[-+.]/g, '')
    .replace(/^0+|0+$/g, '').length;
  return Math.ceil(digits / 2) + 1 + (text.startsWith('-') ? 1 : 0);
}

/** Write units of one item: the larger of what was and what is, per started KB; at least one. */
export function writeUnits(before: Item | undefined, after: Item | undefined): number {
  return kilobytes(Math.max(before ? itemSize(before) : 0, after ? itemSize(after) : 0));
}

/**
 * Write units of the indexes. An entry is written when the item enters, leaves or changes in the index; a changed key
 * is a delete and a put. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes
 */
export function indexUnits(shape: TableShape, before: Item | undefined, after: Item | undefined): number {
  return shape.indexes.reduce((sum, index) => {
    const was = entryOf(shape, index, before);
    const is = entryOf(shape, index, after);
    if (!was && !is) return sum;
    if (!was || !is) return sum + kilobytes(itemSize(was ?? is ?? {}));
    if (JSON.stringify(sorted(was)) === JSON.stringify(sorted(is))) return sum;
    const sameKey = index.keys.every((key) => JSON.stringify(was[key]) === JSON.stringify(is[key]));
    return sum + (sameKey ? writeUnits(was, is) : kilobytes(itemSize(was)) + kilobytes(itemSize(is)));
  }, 0);
}

/** What an index holds of an item; undefined if the item has not all of the index's keys. */
function entryOf(shape: TableShape, index: TableShape['indexes'][number], item: Item | undefined): Item | undefined {
  if (!item || !index.keys.every((key) => key in item)) return undefined;
  if (index.projection === 'ALL') return item;
  const names = new Set([...shape.keys, ...index.keys, ...index.included]);
  return Object.fromEntries(Object.entries(item).filter(([name]) => names.has(name)));
}

function sorted(item: Item): [string, JsonObject][] {
  return Object.entries(item).sort(([a], [b]) => a.localeCompare(b));
}

function kilobytes(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / 1024));
}
