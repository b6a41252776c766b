import type * as z from 'zod';
import type { ModelProvider } from './job/provider.ts';

type Row = readonly [model: string, input: number, output: number, cached: number, written?: number];

/** Where list prices are from: US dollars per million tokens of input, output, cached input, and writing the cache. */
const pricePages = {
  anthropic: 'https://platform.claude.com/docs/en/about-claude/pricing, as of 2026-10',
  openai: 'https://developers.openai.com/api/docs/pricing, prompts up to 272,000 tokens, as of 2026-09',
  openai6: 'https://developers.openai.com/api/docs/models, prompts up to 272,000 tokens, as of 2026-11',
  bedrock: 'https://platform.claude.com/docs/en/build-with-claude/claude-on-amazon-bedrock, as of 2026-10',
  replay: 'recorded turns: nothing is charged; the prices only make the meter move',
};

/**
 * What an installation knows by itself; `MODEL_PROVIDERS` adds rows, replaces some, or leaves some out. A model that is
 * not listed is unpriced: allowed, shown as such, and held by the caps on steps and tokens.
 */
export const builtInProviders: Array<z.input<typeof ModelProvider>> = [
  {
    name: 'anthropic',
    kind: 'anthropic',
    key: 'anthropic',
    models: priced('anthropic', [
      ['claude-opus-5-5', 4, 20, 0.2],
      ['claude-opus-4-5', 5, 25, 0.5],
      ['claude-sonnet-5-5', 2, 10, 0.1],
      ['claude-sonnet-4-5', 3, 15, 0.3],
      ['claude-haiku-4-5', 1, 5, 0.1],
    ]),
  },
  {
    name: 'openai',
    kind: 'openai-compatible',
    base_url: 'https://api.openai.com/v1',
    key: 'openai',
    // The cache is written by itself; since gpt-5.6 that costs a quarter more.
    models: [
      ...priced('openai6', [
        ['gpt-6.2-sol', 2, 10, 0.1, 2.5],
        ['gpt-6-luna', 0.1, 0.5, 0.01, 0.125],
      ]),
      ...priced('openai', [
        ['gpt-5.6-sol', 4, 20, 0.4, 5],
        ['gpt-5.6-terra', 2, 12, 0.2, 2.5],
        ['gpt-5.6-luna', 0.2, 1.2, 0.02, 0.25],
        ['gpt-5.5', 5, 30, 0.5],
        ['gpt-5.4', 2.5, 15, 0.25],
        ['gpt-5.4-mini', 0.75, 4.5, 0.075],
        ['gpt-5.4-nano', 0.2, 1.25, 0.02],
      ]),
    ],
  },
  { name: 'openrouter', kind: 'openai-compatible', base_url: 'https://openrouter.ai/api/v1', key: 'openrouter' },
  // Without a key the account's own role is used. Inference profiles of the whole world cost as much as Anthropic's own
  // API, those of one region a tenth more.
  {
    name: 'bedrock',
    kind: 'bedrock',
    key: 'bedrock',
    models: priced('bedrock', [
      ['global.anthropic.claude-opus-4-5-20251101-v1:0', 5, 25, 0.5],
      ['global.anthropic.claude-sonnet-4-5-20250929-v1:0', 3, 15, 0.3],
      ['global.anthropic.claude-haiku-4-5-20251001-v1:0', 1, 5, 0.1],
      ['us.anthropic.claude-opus-4-5-20251101-v1:0', 5.5, 27.5, 0.55],
      ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 3.3, 16.5, 0.33],
      ['us.anthropic.claude-haiku-4-5-20251001-v1:0', 1.1, 5.5, 0.11],
    ]),
  },
  { name: 'replay', kind: 'replay', models: priced('replay', [['sample', 1, 5, 0.1]]) },
];

function priced(page: keyof typeof pricePages, rows: readonly Row[]) {
  return rows.map(([name, input, output, cached, written]) => {
    return { name, input, output, cached, ...(written !== undefined && { written }), source: pricePages[page] };
  });
}
