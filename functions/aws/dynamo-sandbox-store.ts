import { LostRace } from '#core/errors';
import { SandboxRow } from '#core/job/job';
import type { SandboxStore } from '#core/ports/attempt-store';
import type { DynamoTable } from './dynamo-table.ts';
import { changeParts } from './expression.ts';
import { jobKey, prefixes, sandboxRowKey } from './keys.ts';

export function dynamoSandboxStore({ table }: { table: DynamoTable }): SandboxStore {
  return {
    async get(tenant, jobId, key) {
      const item = await table.get(sandboxRowKey(tenant, jobId, key));
      return item && SandboxRow.parse(item);
    },

    async list(tenant, jobId) {
      const items = await table.query({
        condition: (e) =>
          `${e.name('pk')} = ${e.value(jobKey(tenant, jobId).pk)} AND begins_with(${e.name('sk')}, ${e.value(prefixes.sandbox)})`,
      });
      return items.map((item) => SandboxRow.parse(item));
    },

    async begin(row) {
      const key = sandboxRowKey(row.tenant, row.job_id, row.key);
      const written = await table.putIf(
        { ...key, ...row },
        (e) => `attribute_not_exists(${e.name('pk')}) OR ${e.name('dispatch')} < ${e.value(row.dispatch)}`,
      );
      if (written) return row;
      const stored = SandboxRow.parse(await table.get(key));
      if (stored.dispatch === row.dispatch) return stored;
      throw new LostRace(`${row.key} of ${row.job_id} belongs to dispatch ${stored.dispatch} by now`);
    },

    async change(row, changes) {
      const written = await table.update(sandboxRowKey(row.tenant, row.job_id, row.key), (e) => ({
        ...changeParts(e, changes),
        when: `${e.name('nonce')} = ${e.value(row.nonce)}`,
      }));
      if (!written) throw new LostRace(`${row.key} of ${row.job_id} has another nonce than ${row.nonce} by now`);
      return SandboxRow.parse(written);
    },
  };
}
