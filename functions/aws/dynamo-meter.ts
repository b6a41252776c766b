import { PatchbayError } from '#core/errors';
import type { Meter } from '#core/ports/budgets';
import { untilWon } from './conflicts.ts';
import { readUsage, type StoredUsage } from './dynamo-attempt-store.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';
import type { Expression, UpdateParts } from './expression.ts';
import { attemptKey } from './keys.ts';

type AttemptRef = Parameters<Meter['open']>[0];
type Call = Parameters<Meter['open']>[1];
type Limits = Parameters<Meter['open']>[2];

/** Of an attempt's row, what this and the attempt store alone write. */
interface Metered {
  usage: StoredUsage;
  /** The call in flight. */
  call?: Call;
}

/**
 * On the attempt's own row, not on a budget item: one item per tenant and day would be a hot key at every model call.
 * `usage.calls` rises when a call opens; what it cost is added when it settles.
 */
export function dynamoMeter({ table }: { table: DynamoTable }): Meter {
  const keyOf = ({ tenant, job_id, attempt }: AttemptRef) => attemptKey(tenant, job_id, attempt);

  async function read(ref: AttemptRef): Promise<Item & Metered> {
    const item = await table.get(keyOf(ref));
    if (!item) throw new PatchbayError('not_found', `there is no attempt ${ref.attempt} of ${ref.job_id}`);
    return item as Item & Metered;
  }

  return {
    async open(ref, call, limits) {
      return await untilWon(`meter of ${ref.job_id}.${ref.attempt}`, async () => {
        if (await table.update(keyOf(ref), (e) => opening(e, call, limits))) return 'ok';
        const { usage, call: inFlight } = await read(ref);
        if (inFlight?.id === call.id) return 'ok';
        if (inFlight && inFlight.at >= limits.staleBefore) return 'busy';
        if (inFlight) {
          await table.update(keyOf(ref), (e) => writingOff(e, inFlight));
          return undefined;
        }
        if (usage.calls >= limits.calls) return 'steps';
        return usage.micro_usd + call.max_micro_usd > limits.micro_usd ? 'cost' : undefined;
      });
    },

    async settle(ref, callId, used) {
      const written = await table.update(keyOf(ref), (e) => ({
        set: [
          plus(e, 'micro_usd', used.micro_usd),
          plus(e, 'input', used.input),
          plus(e, 'output', used.output),
          plus(e, 'cached', used.cached),
          ...(used.counted ? [] : [plus(e, 'calls', -1)]),
        ],
        remove: [e.name('call')],
        when: `${e.name('call', 'id')} = ${e.value(callId)}`,
      }));
      const { usage } = (written as (Item & Metered) | undefined) ?? (await read(ref));
      return totalsOf(usage);
    },

    async close(ref) {
      return await untilWon(`meter of ${ref.job_id}.${ref.attempt}`, async () => {
        const { usage, call: inFlight } = await read(ref);
        if (inFlight === undefined) return totalsOf(usage);
        await table.update(keyOf(ref), (e) => writingOff(e, inFlight));
        return undefined;
      });
    },
  };
}

function totalsOf(usage: StoredUsage): Awaited<ReturnType<Meter['close']>> {
  const { calls, cost_usd } = readUsage(usage);
  return { calls, cost_usd };
}

function opening(e: Expression, call: Call, limits: Limits): UpdateParts {
  return {
    set: [`${e.name('call')} = ${e.value(call)}`, plus(e, 'calls', 1)],
    when: [
      `attribute_not_exists(${e.name('call')})`,
      `${e.name('usage', 'calls')} < ${e.value(limits.calls)}`,
      `${e.name('usage', 'micro_usd')} <= ${e.value(limits.micro_usd - call.max_micro_usd)}`,
    ].join(' AND '),
  };
}

/** Nobody knows what a call cost that never settled: its maximum counts, or the budget would not be hard. */
function writingOff(e: Expression, call: Call): UpdateParts {
  return {
    set: [plus(e, 'micro_usd', call.max_micro_usd)],
    remove: [e.name('call')],
    when: `${e.name('call', 'id')} = ${e.value(call.id)}`,
  };
}

function plus(e: Expression, count: keyof StoredUsage, by: number): string {
  return `${e.name('usage', count)} = ${e.name('usage', count)} + ${e.value(by)}`;
}
