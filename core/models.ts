import type * as z from 'zod';
import { builtInProviders } from './built-in-providers.ts';
import { ModelProvider, MoreProviders, OnlyProviders } from './job/provider.ts';

export type Catalogue = readonly ModelProvider[];
export type Price = Pick<ModelProvider['models'][number], 'input' | 'output' | 'cached'> & { written: number };

/**
 * The catalogue of an installation, from its `MODEL_PROVIDERS`; empty text means the built-in table. An array is merged
 * with that table by name, a row that is given in place of the built-in one. `{"only": [...]}` is all there is: rows, and
 * names of built-in ones. Short texts on purpose: all variables of a Lambda function together have 4 KB.
 * @throws Error naming what is wrong: an installation with a broken table must not start
 */
export function catalogueOf(json: string): Catalogue {
  const given = json.trim() === '' ? [] : fromJson(json);
  const rows = Array.isArray(given)
    ? [...builtIn.values(), ...valid(MoreProviders, given)]
    : valid(OnlyProviders, given).only.map((row) => (typeof row === 'string' ? builtInRow(row) : row));
  // Of two rows of one name the later one stands, at the place of the first.
  const table = [...new Map(rows.map((row) => [row.name, row])).values()];
  for (const { name, kind } of table) {
    // Views tell a replay by its name: nobody may take recorded turns for a model's.
    if ((name === 'replay') !== (kind === 'replay')) throw new Error(`MODEL_PROVIDERS: kind replay is named replay`);
  }
  return table;
}

const builtIn: ReadonlyMap<string, ModelProvider> = new Map(
  builtInProviders.map((row) => [row.name, ModelProvider.parse(row)]),
);

function builtInRow(name: string): ModelProvider {
  const row = builtIn.get(name);
  if (row !== undefined) return row;
  throw new Error(`MODEL_PROVIDERS: ${name} is no built-in provider; there are ${[...builtIn.keys()].join(', ')}`);
}

function valid<T extends z.ZodType>(schema: T, given: unknown): z.output<T> {
  const table = schema.safeParse(given);
  if (!table.success) throw new Error(`MODEL_PROVIDERS is not valid: ${table.error.message}`);
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
  const row = provider.models.find((row) => row.name === name) ?? anyOf(provider);
  return { provider, name, price: row && { ...row, written: row.written ?? row.input * writeFactor[provider.kind] } };
}

/**
 * What writing its cache costs, as a multiple of reading the prompt, where a row does not say:
 * https://platform.claude.com/docs/en/about-claude/pricing
 */
const writeFactor = { anthropic: 1.25, bedrock: 1.25, 'openai-compatible': 1, replay: 1 } as const;

/** Every recording costs the same: only its name differs. */
function anyOf(provider: ModelProvider): ModelProvider['models'][number] | undefined {
  return provider.kind === 'replay' ? provider.models[0] : undefined;
}

export function isReplay(model: string): boolean {
  return model.startsWith('replay/');
}
