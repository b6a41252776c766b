import type { Job } from '#core/job/job';
import { permitScopes } from '#core/job/permit-scopes';
import { firstWithUserRoom, type Room, type Waiting } from '#core/job/wake-plan';
import type { World } from '#core/ports/world';
import { caps } from '#core/workflow/limits';
import { permitLimits } from './permit-limits.ts';

type Ports = Pick<World, 'jobs' | 'permits' | 'installation' | 'clock'>;

/** A tenant's line, oldest first: rows that are still waiting, read strongly. */
export async function tenantLine(world: Pick<World, 'jobs'>, tenant: string): Promise<Job[]> {
  const keys = await world.jobs.waiting(tenant, caps.waitingPerTenant);
  const rows = await Promise.all(keys.map((key) => world.jobs.get(key.tenant, key.id)));
  return rows.filter((row): row is Job => row?.status === 'queued' && row.waiting_since !== undefined);
}

export function asWaiting(job: Job): Waiting {
  return { id: job.id, user: job.user, slots: job.plan.length };
}

/** Free slots of the users in a line, of their tenant, and of the installation. */
export async function roomFor(
  world: Pick<World, 'permits' | 'installation' | 'clock'>,
  jobs: readonly Job[],
): Promise<Room> {
  const limits = await permitLimits(world);
  const free = async (scope: string, limit: number) => limit - Object.keys(await world.permits.leases(scope)).length;
  const room: Room = { install: await free('install', limits.install), tenants: {}, users: {} };
  for (const job of jobs) {
    const [user, tenant] = permitScopes(limits, job);
    room.tenants[job.tenant] ??= await free(tenant.scope, tenant.limit);
    room.users[`${job.tenant}#${job.user}`] ??= await free(user.scope, user.limit);
  }
  return room;
}

/** Whether a job has to let another of its tenant pass first: an older one that its own user's limit does not hold. */
export async function mustYield(world: Ports, job: Job): Promise<boolean> {
  const line = await tenantLine(world, job.tenant);
  const mine = line.findIndex((row) => row.id === job.id);
  const ahead = mine === -1 ? line : line.slice(0, mine);
  if (ahead.length === 0) return false;
  if (ahead.some((row) => row.user === job.user)) return true;
  const room = await roomFor(world, ahead);
  return firstWithUserRoom(job.tenant, ahead.map(asWaiting), room) !== -1;
}
