import { describe, expect, it } from 'vitest';
import { indexUnits, itemSize, writeUnits } from '#local/gateway/dynamo-units';

describe('the billed size of an item', () => {
  it.each([
    [{ a: { S: 'xyz' } }, 4],
    [{ ä: { S: 'ö' } }, 4],
    [{ n: { N: '0' } }, 2],
    [{ n: { N: '-1234.5' } }, 6],
    [{ n: { N: '1000000' } }, 3],
    [{ b: { B: 'AAAA' } }, 4],
    [{ t: { BOOL: true }, z: { NULL: true } }, 4],
    [{ s: { SS: ['ab', 'c'] } }, 4],
    [{ l: { L: [{ S: 'a' }, { N: '1' }] } }, 1 + 3 + (1 + 1) + (1 + 2)],
    [{ m: { M: { k: { S: 'v' } } } }, 1 + 3 + (1 + 1) + 1],
  ])('%j is %i bytes', (item, size) => {
    expect(itemSize(item)).toBe(size);
  });
});

describe('write units', () => {
  const item = (bytes: number) => ({ a: { S: 'x'.repeat(bytes - 1) } });

  it('are those of the larger item, per started KB, and at least one', () => {
    expect(writeUnits(undefined, undefined)).toBe(1);
    expect(writeUnits(undefined, item(1_024))).toBe(1);
    expect(writeUnits(item(1_025), item(10))).toBe(2);
  });

  it('of an index that holds more than keys follow what it holds', () => {
    const index = { name: 'byMark', keys: ['mark'], projection: 'INCLUDE' as const, included: ['colour'] };
    const shape = { partitionKey: 'pk', keys: ['pk'], indexes: [index] };
    const row = (more: object) => ({ pk: { S: 'p' }, mark: { S: 'm' }, ...more });

    expect(indexUnits(shape, row({}), row({ size: { N: '1' } }))).toBe(0);
    expect(indexUnits(shape, row({}), row({ colour: { S: 'red' } }))).toBe(1);
    expect(indexUnits(shape, row({}), { pk: { S: 'p' } })).toBe(1);
    expect(indexUnits(shape, undefined, { pk: { S: 'p' } })).toBe(0);
  });
});
