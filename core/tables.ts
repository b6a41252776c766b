/**
 * The two tables, once: the stack declares them, the adapters read and write them, tests create them locally. All
 * attributes named here are strings except `ttl` (epoch seconds). Deletion by ttl is late: readers filter for themselves.
 */
interface TableIndex {
  name: string;
  partitionKey: string;
  sortKey: string;
}

export interface Table {
  partitionKey: string;
  sortKey: string;
  ttl: string;
  /** Projection KEYS_ONLY: an index is a hint, the row is read before anybody acts on it. */
  indexes: readonly TableIndex[];
}

/**
 * The sort keys of the indexes are attributes of the rows themselves; their partition keys (`*_pk`) are written beside
 * them, and only while a row belongs in the index.
 */
export const coreTable = {
  partitionKey: 'pk',
  sortKey: 'sk',
  ttl: 'ttl',
  indexes: [
    /** `N#<tenant>`: jobs of a tenant; `U#<tenant>#<user>`: sessions of a user. */
    { name: 'byTenant', partitionKey: 'tenant_pk', sortKey: 'created_at' },
    /** `S#<tenant>#<session>`: jobs of a session. */
    { name: 'bySession', partitionKey: 'session_pk', sortKey: 'created_at' },
    /** `O#<0-3>`: rows with a mark. */
    { name: 'outbox', partitionKey: 'outbox_pk', sortKey: 'outbox' },
    /** `W#<tenant>`: queued rows that wait for a permit. */
    { name: 'waiting', partitionKey: 'waiting_pk', sortKey: 'waiting_since' },
    /** `D#<0-3>`: rows that have not ended and wait for nobody; `D#permits`: the scopes of permits. */
    { name: 'deadline', partitionKey: 'deadline_pk', sortKey: 'deadline' },
  ],
} as const satisfies Table;

/** Sockets: `S#<tenant>#<session>`/`C#<id>`, and `C#<id>`/`C#<id>` to find a socket by its id alone. */
export const connectionsTable = { partitionKey: 'pk', sortKey: 'sk', ttl: 'ttl', indexes: [] } as const satisfies Table;

export type CoreIndex = (typeof coreTable.indexes)[number]['name'];
