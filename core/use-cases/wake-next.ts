import type { Job } from '#core/job/job';
import { wakePlan } from '#core/job/wake-plan';
import type { World } from '#core/ports/world';
import { asWaiting, roomFor, tenantLine } from './waiting-line.ts';

/** Tenants looked at in one go; the sweeper's next round sees the others. */
const tenantsAtOnce = 20;

type Ports = Pick<World, 'jobs' | 'permits' | 'installation' | 'queue' | 'note' | 'clock'>;

/** `wakeWaiting` after a release. Never throws: the sweeper wakes again within a minute. Returns how many were woken. */
export async function wakeNext(world: Ports, after?: string): Promise<number> {
  try {
    return await wakeWaiting(world, after);
  } catch (error) {
    world.note('nobody was woken; the sweeper will', { level: 'warning', error });
    return 0;
  }
}

/**
 * Sends a message for each waiting job that fits by now; the dispatch decides. Returns how many were woken.
 *
 * 1. Which tenants wait, in turn from the one after `after` (by the clock, if not said): none is first every time.
 * 2. Their lines and the free slots → the plan.
 * 3. A message for each job of the plan.
 */
export async function wakeWaiting(world: Ports, after?: string): Promise<number> {
  const tenants = (await world.jobs.waitingTenants()).toSorted();
  const minute = Math.floor(world.clock.now() / 60_000);
  const first = after === undefined ? minute % Math.max(1, tenants.length) : tenants.findIndex((name) => name > after);
  const turn = first < 0 ? tenants : [...tenants.slice(first), ...tenants.slice(0, first)];
  const lines = new Map<string, Job[]>();
  for (const tenant of turn.slice(0, tenantsAtOnce)) lines.set(tenant, await tenantLine(world, tenant));
  const jobs = new Map([...lines.values()].flat().map((job) => [job.id, job]));
  if (jobs.size === 0) return 0;
  const waiting = new Map([...lines].map(([tenant, line]) => [tenant, line.map(asWaiting)]));
  const woken = wakePlan(waiting, await roomFor(world, [...jobs.values()]));
  for (const id of woken) {
    const job = jobs.get(id);
    if (job !== undefined) await world.queue.send({ tenant: job.tenant, job_id: id, round: job.round });
  }
  return woken.length;
}
