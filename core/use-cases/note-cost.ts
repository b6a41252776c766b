import type { Attempt, Job } from '#core/job/job';
import { costsOf, totalUsd } from '#core/job/job-costs';
import type { World } from '#core/ports/world';

/**
 * What a job has cost, once, by whoever wrote its end: in US dollars, and what its models cost as a share of what they
 * were allowed.
 */
export async function noteCost(
  world: Pick<World, 'note' | 'sandboxRows' | 'clock'>,
  job: Job,
  attempts: readonly Attempt[],
): Promise<void> {
  const costs = costsOf(attempts, await world.sandboxRows.list(job.tenant, job.id), world.clock.now());
  const cost_usd = totalUsd(costs);
  const allowed = attempts.length * job.options.limits.cost_usd;
  world.note('job cost', {
    job_id: job.id,
    tenant: job.tenant,
    cost_usd,
    ...costs,
    allowed_usd: allowed,
    metrics: { JobCostUsd: cost_usd, ...(allowed > 0 && { JobBudgetPercent: (100 * costs.models_usd) / allowed }) },
  });
}
