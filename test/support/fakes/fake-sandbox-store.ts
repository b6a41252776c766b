import { LostRace } from '#core/errors';
import type { SandboxRow } from '#core/job/job';
import type { SandboxStore } from '#core/ports/attempt-store';
import { applied, clone } from './clone.ts';

export interface FakeSandboxStore extends SandboxStore {
  /** Puts a row as it is. */
  seed(row: SandboxRow): SandboxRow;
}

export function fakeSandboxStore(): FakeSandboxStore {
  const rows = new Map<string, SandboxRow>();
  const keyOf = ({ tenant, job_id, key }: Pick<SandboxRow, 'tenant' | 'job_id' | 'key'>) =>
    JSON.stringify([tenant, job_id, key]);
  const save = (row: SandboxRow) => {
    rows.set(keyOf(row), clone(row));
    return clone(row);
  };

  return {
    seed: save,
    get: async (tenant, job_id, key) => clone(rows.get(keyOf({ tenant, job_id, key }))),
    list: async (tenant, jobId) =>
      [...rows.values()].filter((row) => row.tenant === tenant && row.job_id === jobId).map(clone),
    async begin(row) {
      const stored = rows.get(keyOf(row));
      if (stored?.dispatch === row.dispatch) return clone(stored);
      if (stored && stored.dispatch > row.dispatch) {
        throw new LostRace(`${row.key} of ${row.job_id} belongs to dispatch ${stored.dispatch} by now`);
      }
      return save(row);
    },
    async change(row, changes) {
      const stored = rows.get(keyOf(row));
      if (stored?.nonce !== row.nonce) throw new LostRace(`${row.key} of ${row.job_id} has another nonce by now`);
      return save(applied(stored, changes));
    },
  };
}
