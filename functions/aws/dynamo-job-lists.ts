import { Job } from '#core/job/job';
import type { JobStatus } from '#core/job/lifecycle';
import type { JobKey } from '#core/ports/job-store';
import { cursorAfter, readCursor } from './cursor.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';
import { allShards, indexKeys, jobKey, jobOf, tenantOfWaiting } from './keys.ts';

/** At most this many index entries are looked through for one page: a rare status gives a short page and a cursor. */
const scannedAtMost = 1_000;
const pageSize = 100;

/** Newest first. The filter on the status is on the rows, because an index by status would move with every write. */
export async function jobPage(
  table: DynamoTable,
  tenant: string,
  filter: { session_id?: string; status?: JobStatus },
  limit: number,
  cursor?: string,
): Promise<{ jobs: Job[]; cursor?: string }> {
  const index =
    filter.session_id === undefined
      ? { index: 'byTenant', attribute: 'tenant_pk', value: indexKeys.jobsOfTenant(tenant) }
      : { index: 'bySession', attribute: 'session_pk', value: indexKeys.jobsOfSession(tenant, filter.session_id) };
  const jobs: Job[] = [];
  let start = cursor === undefined ? undefined : startKey(tenant, index, readCursor(cursor));
  for (let scanned = 0; scanned < scannedAtMost; scanned += pageSize) {
    const entries = await table.query({
      index: index.index,
      condition: (e) => `${e.name(index.attribute)} = ${e.value(index.value)}`,
      newestFirst: true,
      limit: filter.status === undefined ? limit + 1 - jobs.length : pageSize,
      ...(start && { startAfter: start }),
    });
    for (const job of await rowsOf(table, entries)) {
      if (filter.status !== undefined && job.status !== filter.status) continue;
      const last = jobs.at(-1);
      if (jobs.length === limit && last) return { jobs, cursor: cursorAfter(last) };
      jobs.push(job);
    }
    start = entries.at(-1);
    if (!start || entries.length < (filter.status === undefined ? limit + 1 : pageSize)) return { jobs };
  }
  return start
    ? { jobs, cursor: cursorAfter({ created_at: String(start.created_at), id: jobOf(String(start.pk)).id }) }
    : { jobs };
}

/** The rows of index entries, strongly consistent and in the order of the entries. */
async function rowsOf(table: DynamoTable, entries: Item[]): Promise<Job[]> {
  const rows = new Map<unknown, Item>();
  const keys = entries.map(({ pk, sk }) => ({ pk: String(pk), sk: String(sk) }));
  for (const item of await table.getAll(keys)) rows.set(item.pk, item);
  return entries.flatMap(({ pk }) => {
    const row = rows.get(pk);
    return row ? [Job.parse(row)] : [];
  });
}

function startKey(
  tenant: string,
  index: { attribute: string; value: string },
  { id, created_at }: { id: string; created_at: string },
): Item {
  return { ...jobKey(tenant, id), [index.attribute]: index.value, created_at };
}

/** Of all shards, by time: outbox marks, or deadlines, before `before`. */
export async function dueJobs(
  table: DynamoTable,
  index: 'outbox' | 'deadline',
  before: string,
  limit: number,
): Promise<JobKey[]> {
  const shards = await Promise.all(
    allShards(index).map((shard) =>
      table.query({
        index,
        condition: (e) => `${e.name(`${index}_pk`)} = ${e.value(shard)} AND ${e.name(index)} < ${e.value(before)}`,
        limit,
      }),
    ),
  );
  return shards
    .flat()
    .sort((a, b) => (String(a[index]) < String(b[index]) ? -1 : 1))
    .slice(0, limit)
    .map(({ pk }) => jobOf(String(pk)));
}

export async function waitingJobs(
  table: DynamoTable,
  tenant: string,
  limit: number,
): Promise<Array<JobKey & { since: string }>> {
  const entries = await table.query({
    index: 'waiting',
    condition: (e) => `${e.name('waiting_pk')} = ${e.value(indexKeys.waiting(tenant))}`,
    limit,
  });
  return entries.map(({ pk, waiting_since }) => ({ ...jobOf(String(pk)), since: String(waiting_since) }));
}

/** A scan, but of the sparse index alone: it holds the rows that wait right now. */
export async function waitingTenants(table: DynamoTable): Promise<string[]> {
  const entries = await table.scan('waiting');
  return [...new Set(entries.map(({ waiting_pk }) => tenantOfWaiting(String(waiting_pk))))];
}
