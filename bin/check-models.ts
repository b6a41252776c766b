import type { ModelProvider } from '#core/job/provider';
import { findModel } from '#core/models';
import { type CheckOutcome, checkModel, type ModelCheck } from '#functions/model-gateway/check-model';
import type { ModelSettings } from './model-settings.ts';
import { offeredModel } from './offered-models.ts';

/** One line of the check; over the control socket, what is undefined is absent. */
export interface CheckedModel extends Omit<ModelCheck, 'outcome'> {
  /** `provider/name`; `provider/?` when there was no model to ask. */
  model: string;
  outcome: CheckOutcome | 'no model named';
  /** Recorded turns: no model was asked. */
  replay: boolean;
  priced: boolean;
}

export interface CheckRequest {
  /** `provider/name`; empty: one model of each provider. */
  models: readonly string[];
  timeoutMs: number;
}

type Settings = Pick<ModelSettings, 'providers' | 'keys' | 'defaultModel'>;

/**
 * Asks each configured provider for one tool call, all at once.
 * @throws Error for a model whose provider is not configured
 */
export async function checkModels(
  settings: Settings,
  { models, timeoutMs }: CheckRequest,
  fetchIt: typeof fetch = fetch,
): Promise<CheckedModel[]> {
  const names = settings.providers.map(({ name }) => name);
  const stranger = models.find((model) => findModel(settings.providers, model) === undefined);
  if (stranger !== undefined)
    throw new Error(`--model: "${stranger}" is of no configured provider. There are ${names.join(', ')}.`);
  const asked = settings.providers.filter((row) => models.length === 0 || models.some((model) => isOf(row, model)));
  const checks = asked.map((provider) => checkProvider(provider, settings, { models, timeoutMs }, fetchIt));
  return (await Promise.all(checks)).flat();
}

async function checkProvider(
  provider: ModelProvider,
  { providers, keys, defaultModel }: Settings,
  { models, timeoutMs }: CheckRequest,
  fetchIt: typeof fetch,
): Promise<CheckedModel[]> {
  const key = provider.key === undefined ? undefined : keys[provider.key];
  const wanted = models.length > 0 ? models : [defaultModel];
  const named = wanted.filter((model) => isOf(provider, model)).map((model) => model.slice(provider.name.length + 1));
  const offered = named.length > 0 ? { names: named } : await offeredModel(provider, key, fetchIt);
  const replay = provider.kind === 'replay';
  if (!('names' in offered)) {
    const nothing = { ms: 0, tokens: undefined, cost_usd: undefined, replay, priced: false };
    return [{ model: `${provider.name}/?`, ...offered, ...nothing }];
  }
  const found = offered.names.flatMap((name) => findModel(providers, `${provider.name}/${name}`) ?? []);
  return await Promise.all(
    found.map(async (known) => {
      const check = await checkModel(known, { key, fetchIt, timeoutMs });
      const row = { model: `${provider.name}/${known.name}`, replay, priced: known.price !== undefined, ...check };
      // The meter's price of a recording is for show.
      return replay ? { ...row, cost_usd: 0 } : row;
    }),
  );
}

function isOf({ name }: ModelProvider, model: string): boolean {
  return model.startsWith(`${name}/`);
}
