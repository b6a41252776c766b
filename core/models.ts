import type * as z from 'zod';
import { type ModelProvider, ModelProviders } from './job/provider.ts';

export type Catalogue = readonly ModelProvider[];
export type Price = Pick<ModelProvider['models'][number], 'input' | 'output' | 'cached'>;

const anthropicPrices = 'https://platform.claude.com/docs/en/about-claude/pricing, as of 2026-10';
const recorded = 'recorded turns: nothing is charged; the prices only make the meter move';

/**
 * The built-in providers; the `MODEL_PROVIDERS` variable replaces the whole table. Prices are list prices in US dollars
 * per million tokens (input, output, cached input). A model that is not listed is unpriced: allowed, shown as such, and
 * held by the caps on steps and tokens.
 */
const builtIn: Array<z.input<typeof ModelProvider>> = [
  {
    name: 'anthropic',
    kind: 'anthropic',
    key: 'anthropic',
    models: [
      { name: 'claude-opus-5-5', input: 4, output: 20, cached: 0.2, source: anthropicPrices },
      { name: 'claude-opus-4-5', input: 5, output: 25, cached: 0.5, source: anthropicPrices },
      { name: 'claude-sonnet-5-5', input: 2, output: 10, cached: 0.1, source: anthropicPrices },
      { name: 'claude-sonnet-4-5', input: 3, output: 15, cached: 0.3, source: anthropicPrices },
      { name: 'claude-haiku-4-5', input: 1, output: 5, cached: 0.1, source: anthropicPrices },
    ],
  },
  {
    name: 'openai',
    kind: 'openai-compatible',
    base_url: 'https://api.openai.com/v1',
    key: 'openai',
  },
  { name: 'openrouter', kind: 'openai-compatible', base_url: 'https://openrouter.ai/api/v1', key: 'openrouter' },
  // Without a key the account's own role is used; the models' ids are those of the region's inference profiles.
  { name: 'bedrock', kind: 'bedrock', key: 'bedrock' },
  {
    name: 'replay',
    kind: 'replay',
    models: [{ name: 'sample', input: 1, output: 5, cached: 0.1, source: recorded }],
  },
];

/**
 * The catalogue of an installation; empty text means the built-in one.
 * @throws Error naming what is wrong: an installation with a broken table must not start
 */
export function catalogueOf(json: string): Catalogue {
  const table = ModelProviders.safeParse(json.trim() === '' ? builtIn : fromJson(json));
  if (!table.success) throw new Error(`MODEL_PROVIDERS is not valid: ${table.error.message}`);
  for (const { name, kind } of table.data) {
    // Views tell a replay by its name: nobody may take recorded turns for a model's.
    if ((name === 'replay') !== (kind === 'replay')) throw new Error(`MODEL_PROVIDERS: kind replay is named replay`);
  }
  return table.data;
}

function fromJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new Error('MODEL_PROVIDERS is not JSON.', { cause });
  }
}

export interface KnownModel {
  provider: ModelProvider;
  /** Without the provider's prefix. */
  name: string;
  /** Undefined: unpriced. */
  price: Price | undefined;
}

/** Undefined when no provider of the table has the name before the slash. */
export function findModel(catalogue: Catalogue, model: string): KnownModel | undefined {
  const slash = model.indexOf('/');
  const provider = catalogue.find(({ name }) => name === model.slice(0, slash));
  if (slash < 0 || provider === undefined) return undefined;
  const name = model.slice(slash + 1);
  const price = provider.models.find((row) => row.name === name) ?? anyOf(provider);
  return { provider, name, price };
}

/** Every recording costs the same: only its name differs. */
function anyOf(provider: ModelProvider): Price | undefined {
  return provider.kind === 'replay' ? provider.models[0] : undefined;
}

export function isReplay(model: string): boolean {
  return model.startsWith('replay/');
}
