import { permitScopes } from '#core/job/permit-scopes';
import type { World } from '#core/ports/world';
import { caps } from '#core/workflow/limits';
import type { Caller } from './ownership.ts';
import { permitLimits } from './permit-limits.ts';

export interface Status {
  version: string;
  /** Jobs of the tenant that wait for a slot. */
  waiting: number;
  /** `limit`: as it is now; a provider without a slot lowers that of the installation for a while. */
  slots: Array<{ scope: string; used: number; limit: number }>;
}

/** How full this installation is, as far as it concerns the caller: no other tenant is named. */
export async function showStatus(
  world: Pick<World, 'jobs' | 'permits' | 'installation' | 'clock'> & { version: string },
  input: { caller: Caller },
): Promise<Status> {
  const names = ['user', 'tenant', 'install'];
  const scopes = permitScopes(await permitLimits(world), input.caller);
  const [line, ...leases] = await Promise.all([
    world.jobs.waiting(input.caller.tenant, 2 * caps.waitingPerTenant),
    ...scopes.map(({ scope }) => world.permits.leases(scope)),
  ]);
  const slots = scopes.map(({ limit }, index) => ({
    scope: names[index] ?? '',
    used: Object.keys(leases[index] ?? {}).length,
    limit,
  }));
  return { version: world.version, waiting: line.length, slots };
}
