/** A job that waits for permits. */
export interface Waiting {
  id: string;
  user: string;
  /** Slots that it needs, all or none. */
  slots: number;
}

/** Free slots by scope, as last read: a hint, the acquisition decides. */
export interface Room {
  install: number;
  tenants: Record<string, number>;
  /** By `<tenant>#<user>`. */
  users: Record<string, number>;
}

/**
 * Which waiting jobs fit into the room now: one of each tenant in turn (the order of `lines`), and again, until nothing
 * fits. A job whose user has no room lets others of its tenant pass; one that only lacks room of its tenant or of the
 * installation holds the line, because else small jobs would starve it.
 */
export function wakePlan(lines: ReadonlyMap<string, readonly Waiting[]>, room: Room): string[] {
  const left: Room = { install: room.install, tenants: { ...room.tenants }, users: { ...room.users } };
  const queues = new Map([...lines].map(([tenant, line]) => [tenant, [...line]]));
  const woken: string[] = [];
  while (queues.size > 0) {
    for (const [tenant, line] of [...queues]) {
      const next = line[firstWithUserRoom(tenant, line, left)];
      if (next === undefined || next.slots > (left.tenants[tenant] ?? 0)) {
        queues.delete(tenant);
        continue;
      }
      if (next.slots > left.install) return woken;
      line.splice(line.indexOf(next), 1);
      take(left, tenant, next);
      woken.push(next.id);
    }
  }
  return woken;
}

/** Index of the first job in a tenant's line that its own user's limit does not hold back; -1 when there is none. */
export function firstWithUserRoom(tenant: string, line: readonly Waiting[], room: Pick<Room, 'users'>): number {
  const held = new Set<string>();
  return line.findIndex((job) => {
    if (held.has(job.user)) return false;
    if (job.slots <= (room.users[`${tenant}#${job.user}`] ?? 0)) return true;
    held.add(job.user);
    return false;
  });
}

function take(room: Room, tenant: string, job: Waiting): void {
  room.install -= job.slots;
  room.tenants[tenant] = (room.tenants[tenant] ?? 0) - job.slots;
  const user = `${tenant}#${job.user}`;
  room.users[user] = (room.users[user] ?? 0) - job.slots;
}
