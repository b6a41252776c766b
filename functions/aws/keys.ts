import type { CoreIndex } from '#core/tables';

/**
 * The one place where keys are made. Whatever belongs to a tenant has the tenant in its partition key; tenants and
 * users come from claims and may contain anything, so they are escaped: `#` stays ours.
 */
export interface Key extends Record<string, string> {
  pk: string;
  sk: string;
}

const escaped = encodeURIComponent;

// Rows of a job: one partition.
const jobPartition = (tenant: string, jobId: string) => `J#${escaped(tenant)}#${jobId}`;
export const jobKey = (tenant: string, jobId: string): Key => ({ pk: jobPartition(tenant, jobId), sk: 'JOB' });
export const attemptKey = (tenant: string, jobId: string, n: number): Key => ({
  pk: jobPartition(tenant, jobId),
  sk: `${prefixes.attempt}${String(n).padStart(3, '0')}`,
});
/** `key` as in `SandboxRow.key`: `X#1#solve`, `X#judge`. */
export const sandboxRowKey = (tenant: string, jobId: string, key: string): Key => ({
  pk: jobPartition(tenant, jobId),
  sk: key,
});
export const eventKey = (tenant: string, jobId: string, seq: number): Key => ({
  pk: jobPartition(tenant, jobId),
  sk: `${prefixes.event}${String(seq).padStart(8, '0')}`,
});

// Rows of a session: one partition.
const sessionPartition = (tenant: string, sessionId: string) => `S#${escaped(tenant)}#${sessionId}`;
export const sessionKey = (tenant: string, sessionId: string): Key => ({
  pk: sessionPartition(tenant, sessionId),
  sk: 'META',
});
/** Messages sort by time. */
export const messageKey = (tenant: string, sessionId: string, createdAt: string, id: string): Key => ({
  pk: sessionPartition(tenant, sessionId),
  sk: `${prefixes.message}${createdAt}#${id}`,
});
export const issueKey = (tenant: string, sessionId: string, id: string): Key => ({
  pk: sessionPartition(tenant, sessionId),
  sk: `${prefixes.issue}${id}`,
});

/** Beginnings of the sort keys of rows that are read together. */
export const prefixes = { attempt: 'A#', sandbox: 'X#', event: 'E#', message: 'M#', issue: 'I#' } as const;

// Rows of their own. Tokens and tickets are found by the hash of a secret, and carry their tenant as an attribute.
export const tokenKey = (sha256: string): Key => ({ pk: `K#${sha256}`, sk: 'TOKEN' });
export const ticketKey = (sha256: string): Key => ({ pk: `T#${sha256}`, sk: 'TICKET' });
export const budgetKey = (scope: string, day: string): Key => ({ pk: `B#${scope}#${day}`, sk: 'BUDGET' });
export const permitKey = (scope: string): Key => ({ pk: `P#${scope}`, sk: 'LEASES' });
export const scopeOf = (permit: { pk: string }) => permit.pk.slice('P#'.length);

// Sockets, in their own table.
export const connectionKey = (tenant: string, sessionId: string, id: string): Key => ({
  pk: sessionPartition(tenant, sessionId),
  sk: `C#${id}`,
});
export const connectionIdKey = (id: string): Key => ({ pk: `C#${id}`, sk: `C#${id}` });

/** Partition keys of the indexes. */
export const indexKeys = {
  jobsOfTenant: (tenant: string) => `N#${escaped(tenant)}`,
  sessionsOfUser: (tenant: string, user: string) => `U#${escaped(tenant)}#${escaped(user)}`,
  jobsOfSession: sessionPartition,
  outbox: (id: string) => `O#${shardOf(id)}`,
  waiting: (tenant: string) => `W#${escaped(tenant)}`,
  deadline: (id: string) => `D#${shardOf(id)}`,
  permits: () => 'D#permits',
} as const;

/** The tenant of a `waiting` partition. */
export const tenantOfWaiting = (partition: string) => decodeURIComponent(partition.slice('W#'.length));

/** Tenant and id out of a job's partition key, as indexes give it. */
export function jobOf(pk: string): { tenant: string; id: string } {
  const [, tenant = '', id = ''] = pk.split('#');
  return { tenant: decodeURIComponent(tenant), id };
}

const shards = [0, 1, 2, 3] as const;
/** Writes of all jobs spread over four partitions of an index. */
function shardOf(id: string): number {
  return id.charCodeAt(id.length - 1) % shards.length;
}
export const allShards = (index: Extract<CoreIndex, 'outbox' | 'deadline'>) =>
  shards.map((shard) => `${index === 'outbox' ? 'O' : 'D'}#${shard}`);
