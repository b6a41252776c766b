import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documents } from '#functions/aws/documents';
import { dynamoPermits } from '#functions/aws/dynamo-permits';
import { dynamoTable } from '#functions/aws/dynamo-table';
import { fakePermits } from '#test/support/fakes/fake-permits';
import { type LocalAws, startLocalAws } from '#test/support/local-aws';

let aws: LocalAws;
let table: ReturnType<typeof dynamoTable>;
beforeAll(async () => {
  aws = await startLocalAws();
  table = dynamoTable(documents(aws.dynamo), (await aws.createTables()).core);
});
afterAll(() => aws.stop());

const limit = 4;
const slot = fc.constantFrom('a#0', 'a#1', 'b#0', 'b#1', 'c#0', 'c#1');
const slots = fc.uniqueArray(slot, { minLength: 1, maxLength: 3 });
const time = fc.integer({ min: 10, max: 59 }).map((second) => `2026-01-05T09:00:${second}.000Z`);
const step = fc.oneof(
  fc.record({ kind: fc.constant('acquire' as const), slots, time }),
  fc.record({ kind: fc.constant('renew' as const), slots, time }),
  fc.record({ kind: fc.constant('release' as const), slots, time }),
  fc.record({ kind: fc.constant('sweep' as const), slots, time }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

let scopes = 0;
function aScope() {
  scopes += 1;
  return `scope-${scopes}`;
}

function act(permits: ReturnType<typeof fakePermits>, scope: string, { kind, slots: names, time: at }: Step) {
  if (kind === 'acquire') return permits.acquire(scope, limit, names, at);
  if (kind === 'renew') return permits.renew(scope, names[0] ?? '', at);
  if (kind === 'release') return permits.release(scope, names);
  return permits.sweep(scope, at).then((swept) => swept.sort());
}

describe('permits over random histories', () => {
  it('behave on DynamoDB as in memory, step by step, and never pass the limit', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (history) => {
        const [real, model, scope] = [dynamoPermits({ table }), fakePermits(), aScope()];
        for (const one of history) {
          expect(await act(real, scope, one)).toEqual(await act(model, scope, one));
          const leases = await real.leases(scope);
          expect(leases).toEqual(await model.leases(scope));
          expect(Object.keys(leases).length).toBeLessThanOrEqual(limit);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('never pass the limit, and lose none, when everything happens at once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { maxLength: 5 }), { minLength: 2, maxLength: 6 }), async (actors) => {
        const [permits, scope] = [dynamoPermits({ table }), aScope()];

        await Promise.all(
          actors.map(async (steps) => {
            for (const one of steps) {
              await act(permits, scope, one);
              expect(Object.keys(await permits.leases(scope)).length).toBeLessThanOrEqual(limit);
            }
          }),
        );

        await permits.release(scope, Object.keys(await permits.leases(scope)));
        const all = ['w', 'x', 'y', 'z'];
        expect(await permits.acquire(scope, limit, all, '2027-01-01T00:00:00.000Z')).toBe(true);
        expect(await permits.acquire(scope, limit, ['one more'], '2027-01-01T00:00:00.000Z')).toBe(false);
      }),
      { numRuns: 40 },
    );
  });

  it('do not sweep a lease that was renewed since it was read', async () => {
    const [permits, scope] = [dynamoPermits({ table }), aScope()];
    await permits.acquire(scope, limit, ['a', 'b'], '2026-01-05T09:00:10.000Z');
    const renewedAfterRead = {
      ...table,
      get: async (key: Parameters<typeof table.get>[0]) => {
        const item = await table.get(key);
        await permits.renew(scope, 'a', '2026-01-05T10:00:00.000Z');
        return item;
      },
    };

    const swept = await dynamoPermits({ table: renewedAfterRead }).sweep(scope, '2026-01-05T09:30:00.000Z');

    expect(swept).toEqual(['b']);
    expect(await permits.leases(scope)).toEqual({ a: '2026-01-05T10:00:00.000Z' });
  });
});
