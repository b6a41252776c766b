import { PatchbayError } from '#core/errors';
import type { Attempt } from '#core/job/job';
import type { Meter } from '#core/ports/budgets';
import type { FakeAttemptStore } from './fake-attempt-store.ts';

type Call = { id: string; at: string; max_micro_usd: number };

/** Counts on the attempt rows of the fake store, as the real one does. */
export function fakeMeter(attempts: FakeAttemptStore): Meter {
  const open = new Map<string, Call>();
  const row = async (key: { tenant: string; job_id: string; attempt: number }): Promise<Attempt> => {
    const attempt = await attempts.get(key.tenant, key.job_id, key.attempt);
    if (!attempt) throw new PatchbayError('not_found', `there is no attempt ${key.attempt} of ${key.job_id}`);
    return attempt;
  };
  const micro = (attempt: Attempt) => Math.round(attempt.usage.cost_usd * 1e6);

  /** Nobody knows what a lost call cost: its maximum counts. */
  const writeOff = (key: object, attempt: Attempt) => {
    const lost = open.get(JSON.stringify(key));
    open.delete(JSON.stringify(key));
    attempt.usage.cost_usd = (micro(attempt) + (lost?.max_micro_usd ?? 0)) / 1e6;
    attempts.seed(attempt);
  };

  return {
    async open(key, call, limits) {
      const attempt = await row(key);
      const inFlight = open.get(JSON.stringify(key));
      if (inFlight?.id === call.id) return 'ok';
      if (inFlight && inFlight.at >= limits.staleBefore) return 'busy';
      if (inFlight) {
        writeOff(key, attempt);
      }
      if (attempt.usage.calls >= limits.calls) return 'steps';
      if (micro(attempt) + call.max_micro_usd > limits.micro_usd) return 'cost';
      open.set(JSON.stringify(key), call);
      attempts.seed({ ...attempt, usage: { ...attempt.usage, calls: attempt.usage.calls + 1 } });
      return 'ok';
    },
    async settle(key, callId, used) {
      const attempt = await row(key);
      const { usage } = attempt;
      if (open.get(JSON.stringify(key))?.id === callId) {
        open.delete(JSON.stringify(key));
        if (!used.counted) usage.calls -= 1;
        usage.cost_usd = (micro(attempt) + used.micro_usd) / 1e6;
        usage.input += used.input;
        usage.output += used.output;
        usage.cached += used.cached;
        attempts.seed(attempt);
      }
      return { calls: usage.calls, cost_usd: usage.cost_usd };
    },
    async close(key) {
      const attempt = await row(key);
      writeOff(key, attempt);
      return { calls: attempt.usage.calls, cost_usd: attempt.usage.cost_usd };
    },
  };
}
