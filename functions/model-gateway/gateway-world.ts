import { setTimeout } from 'node:timers/promises';
import type { Environment } from '#core/env';
import { catalogueOf } from '#core/models';
import type { AwsWorld } from '#functions/aws/aws-world';
import { anthropicProvider } from './anthropic-provider.ts';
import { bedrockProvider } from './bedrock-provider.ts';
import { openAiProvider } from './openai-provider.ts';
import { replayProvider } from './replay-provider.ts';
import { replays } from './replays.ts';
import type { GatewayWorld } from './serve-completion.ts';

/** The gateway's ports: those of AWS, the providers by kind, and their keys. */
export function gatewayWorld(env: Environment<'gateway'>, aws: AwsWorld): GatewayWorld {
  return {
    attemptTokens: aws.attemptTokens,
    meter: aws.meter,
    clock: aws.clock,
    note: aws.note,
    catalogue: catalogueOf(env.MODEL_PROVIDERS),
    modelKey: async (name) => (await aws.secrets.keys(env.MODEL_KEYS_SECRET))[name],
    providers: {
      'openai-compatible': openAiProvider(fetch),
      replay: replayProvider(replays, sleep, env.TIME_SCALE),
      anthropic: anthropicProvider(fetch),
      bedrock: bedrockProvider(fetch),
    },
  };
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal });
}
