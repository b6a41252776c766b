import type { Attempt, Job } from '#core/job/job';
import type { World } from '#core/ports/world';

/** What a job has cost, once, by whoever wrote its end: in US dollars, and as a share of what it was allowed. */
export function noteCost(world: Pick<World, 'note'>, job: Job, attempts: readonly Attempt[]): void {
  const cost = attempts.reduce((sum, { usage }) => sum + usage.cost_usd, 0);
  const allowed = attempts.length * job.options.limits.cost_usd;
  world.note('job cost', {
    job_id: job.id,
    tenant: job.tenant,
    cost_usd: cost,
    allowed_usd: allowed,
    metrics: { JobCostUsd: cost, ...(allowed > 0 && { JobBudgetPercent: (100 * cost) / allowed }) },
  });
}
