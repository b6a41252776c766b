import { slotName } from '../ids.ts';

/** A scope in which live sandboxes are limited, and its limit. */
export interface PermitScope {
  scope: string;
  limit: number;
}

/** Every slot that is held stands here too. */
export const installScope = 'install';
const tenantPrefix = 'tenant#';

export function tenantOfScope(scope: string): string | undefined {
  return scope.startsWith(tenantPrefix) ? scope.slice(tenantPrefix.length) : undefined;
}

/** The scopes of a job, in the fixed order in which they are acquired: the narrowest first. */
export function permitScopes(
  limits: { user: number; tenant: number; install: number },
  job: { tenant: string; user: string },
): [PermitScope, PermitScope, PermitScope] {
  return [
    { scope: `user#${job.tenant}#${job.user}`, limit: limits.user },
    { scope: tenantPrefix + job.tenant, limit: limits.tenant },
    { scope: installScope, limit: limits.install },
  ];
}

/** All slots of a job's round: one per attempt; slot 0 belongs to the job. */
export function slotsOf(job: { id: string; round: number; plan: readonly unknown[] }): string[] {
  return job.plan.map((_, slot) => slotName(job.id, job.round, slot));
}
