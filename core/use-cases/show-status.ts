import { permitScopes } from '#core/job/permit-scopes';
import type { World } from '#core/ports/world';
import { caps } from '#core/workflow/limits';
import type { Caller } from './ownership.ts';

export interface Status {
  version: string;
  /** Jobs of the tenant that wait for a slot. */
  waiting: number;
  slots: Array<{ scope: string; used: number; limit: number }>;
}

/** How full this installation is, as far as it concerns the caller: no other tenant is named. */
export async function showStatus(
  world: Pick<World, 'jobs' | 'permits' | 'installation'> & { version: string },
  input: { caller: Caller },
): Promise<Status> {
  const names = ['user', 'tenant', 'install'];
  const scopes = permitScopes(world.installation.permit_limits, input.caller);
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
