import { LostRace, PatchbayError } from '#core/errors';
import type { Attempt } from '#core/job/job';
import { nextTransition, requireAttemptMayGo } from '#core/job/transition';
import type { AttemptStore } from '#core/ports/attempt-store';
import type { Clock } from '#core/ports/clock';
import { applied, clone } from './clone.ts';

export interface FakeAttemptStore extends AttemptStore {
  /** Puts a row as it is. */
  seed(attempt: Attempt): Attempt;
}

export function fakeAttemptStore(clock: Clock): FakeAttemptStore {
  const rows = new Map<string, Attempt>();
  const keyOf = ({ tenant, job_id, n }: Pick<Attempt, 'tenant' | 'job_id' | 'n'>) =>
    JSON.stringify([tenant, job_id, n]);
  const save = (attempt: Attempt) => {
    rows.set(keyOf(attempt), clone(attempt));
    return clone(attempt);
  };

  return {
    seed: save,
    get: async (tenant, job_id, n) => clone(rows.get(keyOf({ tenant, job_id, n }))),
    list: async (tenant, jobId) =>
      [...rows.values()]
        .filter((row) => row.tenant === tenant && row.job_id === jobId)
        .sort((a, b) => a.n - b.n)
        .map(clone),
    async createMissing(attempts) {
      for (const attempt of attempts) if (!rows.has(keyOf(attempt))) save(attempt);
    },
    async transition(attempt, to, changes, data) {
      requireAttemptMayGo(attempt, to);
      const row = rows.get(keyOf(attempt));
      if (row?.status !== attempt.status || row.v !== attempt.v) {
        throw new LostRace(`attempt ${attempt.n} of ${attempt.job_id} is no longer ${attempt.status} (v${attempt.v})`);
      }
      const entry = nextTransition(row, to, clock.at(), data);
      return save({ ...applied(row, changes), status: to, v: entry.v, transitions: [...row.transitions, entry] });
    },
    async change(attempt, changes) {
      const row = rows.get(keyOf(attempt));
      if (!row) throw new PatchbayError('not_found', `there is no attempt ${attempt.n} of ${attempt.job_id}`);
      save(applied(row, changes));
    },
  };
}
