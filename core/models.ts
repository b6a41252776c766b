import { builtInProviders } from './built-in-providers.ts';
import { type ModelProvider, ModelProviders } from './job/provider.ts';

export type Catalogue = readonly ModelProvider[];
export type Price = Pick<ModelProvider['models'][number], 'input' | 'output' | 'cached'>;

/**
 * The catalogue of an installation; empty text means the built-in one.
 * @throws Error naming what is wrong: an installation with a broken table must not start
 */
export function catalogueOf(json: string): Catalogue {
  const table = ModelProviders.safeParse(json.trim() === '' ? builtInProviders : fromJson(json));
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
