import { PatchbayError } from '#core/errors';
import type { Attempt, Job } from '#core/job/job';
import { costsOf } from '#core/job/job-costs';
import { mostSandboxSeconds, sandboxMicroUsd } from '#core/job/sandbox-cost';
import type { World } from '#core/ports/world';

/** A job's money is reserved under its tenant and the day of its creation: every settling finds it there. */
export function budgetOf(job: Pick<Job, 'tenant' | 'created_at'>): { scope: string; day: string } {
  return { scope: job.tenant, day: job.created_at.slice(0, 10) };
}

export function microUsd(usd: number): number {
  return Math.round(usd * 1_000_000);
}

/**
 * At admission: the most that all attempts of a round may cost, models and sandboxes.
 * @throws PatchbayError budget_refused when the tenant's day has no room for it
 */
export async function reserveBudget(
  world: Pick<World, 'budgets' | 'installation'>,
  job: Pick<Job, 'tenant' | 'id' | 'created_at' | 'options'>,
): Promise<void> {
  const { scope, day } = budgetOf(job);
  const models = microUsd(job.options.attempts * job.options.limits.cost_usd);
  const cost = models + sandboxMicroUsd(mostSandboxSeconds(job.options));
  const cap = world.installation.tenant_daily_usd;
  if (await world.budgets.reserve(scope, day, job.id, cost, microUsd(cap))) return;
  throw new PatchbayError(
    'budget_refused',
    `This job may cost ${dollars(cost / 1_000_000)}, models and sandboxes; what is left of the ${dollars(cap)} for ${day} does not cover it.`,
    {
      remedy:
        'Ask for fewer attempts or a lower limits.cost_usd, raise the budget of the tenant, or wait until tomorrow.',
    },
  );
}

/**
 * At the end: the reservation becomes what was spent, with the most that a model call may cost that is still in flight:
 * nobody waits for it. Repeating it does nothing, so every writer of an end may try.
 */
export async function settleBudget(
  world: Pick<World, 'budgets' | 'meter' | 'sandboxRows' | 'clock'>,
  job: Pick<Job, 'tenant' | 'id' | 'created_at'>,
  ended: readonly Pick<Attempt, 'n' | 'usage'>[],
): Promise<void> {
  const { scope, day } = budgetOf(job);
  const attempts = await Promise.all(
    ended.map(async ({ n, usage }) => {
      const { cost_usd } = await world.meter.close({ tenant: job.tenant, job_id: job.id, attempt: n });
      return { usage: { ...usage, cost_usd } };
    }),
  );
  const { models_usd, sandboxes_usd } = costsOf(
    attempts,
    await world.sandboxRows.list(job.tenant, job.id),
    world.clock.now(),
  );
  await world.budgets.settle(scope, day, job.id, microUsd(models_usd) + microUsd(sandboxes_usd));
}

function dollars(usd: number): string {
  return `$${usd.toFixed(2)}`;
}
