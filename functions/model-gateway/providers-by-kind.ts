import { setTimeout } from 'node:timers/promises';
import type { ModelProvider } from '#core/job/provider';
import { anthropicProvider } from './anthropic-provider.ts';
import { bedrockProvider } from './bedrock-provider.ts';
import { openAiProvider } from './openai-provider.ts';
import type { Provider } from './provider.ts';
import { replayProvider } from './replay-provider.ts';
import { replays } from './replays.ts';

/** Every kind of provider that there is. `timeScale` divides the latencies of recordings. */
export function providersByKind(fetchIt: typeof fetch, timeScale: number): Record<ModelProvider['kind'], Provider> {
  return {
    'openai-compatible': openAiProvider(fetchIt),
    replay: replayProvider(replays, sleep, timeScale),
    anthropic: anthropicProvider(fetchIt),
    bedrock: bedrockProvider(fetchIt),
  };
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal });
}
