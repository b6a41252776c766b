import type { Job } from '#core/job/job';
import { permitScopes } from '#core/job/permit-scopes';
import type { World } from '#core/ports/world';
import { permitLimits } from './permit-limits.ts';
import { wakeNext } from './wake-next.ts';

type Ports = Pick<World, 'permits' | 'installation' | 'jobs' | 'queue' | 'note' | 'clock'>;

/** Gives slots back in every scope, the widest first, and wakes who waits for them. Idempotent. */
export async function releasePermits(world: Ports, job: Job, slots: string[]): Promise<void> {
  if (slots.length === 0) return;
  for (const { scope } of permitScopes(world.installation.permit_limits, job).toReversed()) {
    await world.permits.release(scope, slots);
  }
  await wakeNext(world, job.tenant);
}

/** Takes slots in every scope in order, or none, by the limits as they are now. False when a scope has no room; what was taken is given back. */
export async function acquirePermits(
  world: Pick<World, 'permits' | 'installation' | 'clock'>,
  job: Job,
  slots: string[],
  expiresAt: string,
): Promise<boolean> {
  const taken: string[] = [];
  for (const { scope, limit } of permitScopes(await permitLimits(world), job)) {
    if (!(await world.permits.acquire(scope, limit, slots, expiresAt))) {
      for (const earlier of taken) await world.permits.release(earlier, slots);
      return false;
    }
    taken.push(scope);
  }
  return true;
}

/** Rewrites the expiry of one slot in every scope. False when one of them does not hold it. */
export async function renewPermit(
  world: Pick<World, 'permits' | 'installation'>,
  job: Job,
  slot: string,
  expiresAt: string,
): Promise<boolean> {
  for (const { scope } of permitScopes(world.installation.permit_limits, job)) {
    if (!(await world.permits.renew(scope, slot, expiresAt))) return false;
  }
  return true;
}
