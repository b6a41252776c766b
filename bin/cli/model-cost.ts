import type { JobView } from '#core/api/views';
import { isReplay } from '#core/models';
import type { ApiClient } from '../client/api-client.ts';
import { usd } from './figures.ts';

/** Whether the installation has no price for a model (`provider/model`): its calls are counted as $0.00. */
export type IsUnpriced = (model: string) => boolean;

/** By the installation's catalogue. It only decides how a zero is shown: without an answer, as a zero. */
export async function unpricedModels(api: ApiClient): Promise<IsUnpriced> {
  const catalogue = await api.call('listModels', {}).catch(() => undefined);
  if (catalogue === undefined) return () => false;
  const priced = new Set(catalogue.providers.flatMap(({ name, models }) => models.map((row) => `${name}/${row.name}`)));
  return (model) => !isReplay(model) && !priced.has(model);
}

/** What the model calls of attempts cost, in US dollars: of those that have no price nobody knows. */
export function modelCost(attempts: Iterable<{ model: string; costUsd: number }>, isUnpriced: IsUnpriced): string {
  const all = [...attempts];
  const unknown = all.filter((attempt) => lacksPrice(attempt, isUnpriced));
  const sum = usd(all.reduce((total, { costUsd }) => total + costUsd, 0));
  if (unknown.length === 0) return sum;
  return unknown.length === all.length ? 'unpriced' : `${sum} + unpriced`;
}

/** The same of a job. */
export function jobModelCost({ attempts, costs }: Pick<JobView, 'attempts' | 'costs'>, isUnpriced: IsUnpriced): string {
  if (attempts.length === 0) return usd(costs.models_usd);
  return modelCost(
    attempts.map(({ model, cost_usd }) => ({ model, costUsd: cost_usd })),
    isUnpriced,
  );
}

/** A cost that was counted when the model had a price stays one. */
export function lacksPrice({ model, costUsd }: { model: string; costUsd: number }, isUnpriced: IsUnpriced): boolean {
  return costUsd === 0 && isUnpriced(model);
}
