import { LostRace, PatchbayError } from '#core/errors';
import { randomId } from '#core/ids';
import { Attempt } from '#core/job/job';
import { nextTransition, requireAttemptMayGo } from '#core/job/transition';
import type { AttemptStore } from '#core/ports/attempt-store';
import type { Clock } from '#core/ports/clock';
import type { DynamoTable, Item } from './dynamo-table.ts';
import { changeParts } from './expression.ts';
import { attemptKey, jobKey, prefixes } from './keys.ts';

/**
 * Attempt rows. Money is kept in whole micro-dollars (`usage.micro_usd`), so that the meter can add it up exactly; see
 * `dynamo-meter.ts`. `writer`: as in `dynamo-job-store.ts`.
 */
export function dynamoAttemptStore({ table, clock }: { table: DynamoTable; clock: Clock }): AttemptStore {
  return {
    async get(tenant, jobId, n) {
      const item = await table.get(attemptKey(tenant, jobId, n));
      return item && readAttempt(item);
    },

    async list(tenant, jobId) {
      const items = await table.query({
        condition: (e) =>
          `${e.name('pk')} = ${e.value(jobKey(tenant, jobId).pk)} AND begins_with(${e.name('sk')}, ${e.value(prefixes.attempt)})`,
      });
      return items.map(readAttempt);
    },

    async createMissing(attempts) {
      await Promise.all(
        attempts.map((attempt) =>
          table.putIf({
            ...attemptKey(attempt.tenant, attempt.job_id, attempt.n),
            ...attempt,
            usage: storedUsage(attempt.usage),
          }),
        ),
      );
    },

    async transition(attempt, to, changes, data) {
      requireAttemptMayGo(attempt, to);
      const key = attemptKey(attempt.tenant, attempt.job_id, attempt.n);
      const entry = nextTransition(attempt, to, clock.at(), data);
      const writer = randomId('w');
      const written = await table.update(key, (e) => {
        const change = changeParts(e, { ...stored(changes), status: to, v: entry.v, writer });
        const transitions = e.name('transitions');
        return {
          ...change,
          set: [...change.set, `${transitions} = list_append(${transitions}, ${e.value([entry])})`],
          when: `${e.name('status')} = ${e.value(attempt.status)} AND ${e.name('v')} = ${e.value(attempt.v)}`,
        };
      });
      const item = written ?? (await table.get(key));
      if (item?.writer === writer) return readAttempt(item);
      throw new LostRace(
        `attempt ${attempt.n} of ${attempt.job_id} was ${attempt.status} (v${attempt.v}) and is ${item?.status ?? 'gone'}`,
      );
    },

    async change({ tenant, job_id, n }, changes) {
      const written = await table.update(attemptKey(tenant, job_id, n), (e) => ({
        ...changeParts(e, stored(changes)),
        when: `attribute_exists(${e.name('pk')})`,
      }));
      if (!written) throw new PatchbayError('not_found', `there is no attempt ${n} of ${job_id}`);
    },
  };
}

export interface StoredUsage {
  calls: number;
  micro_usd: number;
  input: number;
  output: number;
  cached: number;
}

function storedUsage({ cost_usd, ...counts }: Attempt['usage']): StoredUsage {
  return { ...counts, micro_usd: Math.round(cost_usd * 1e6) };
}

export function readUsage({ micro_usd, ...counts }: StoredUsage): Attempt['usage'] {
  return { ...counts, cost_usd: micro_usd / 1e6 };
}

function readAttempt(item: Item): Attempt {
  return Attempt.parse({ ...item, usage: readUsage(item.usage as StoredUsage) });
}

function stored(changes: object): object {
  const { usage } = changes as { usage?: Attempt['usage'] | null };
  return usage ? { ...changes, usage: storedUsage(usage) } : changes;
}
