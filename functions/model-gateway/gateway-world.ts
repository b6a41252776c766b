import { setTimeout } from 'node:timers/promises';
import type { Environment } from '#core/env';
import { PatchbayError } from '#core/errors';
import { catalogueOf } from '#core/models';
import type { AwsWorld } from '#functions/aws/aws-world';
import { openAiProvider } from './openai-provider.ts';
import type { Provider } from './provider.ts';
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
      anthropic: missing('anthropic'),
      bedrock: missing('bedrock'),
    },
  };
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal });
}

function missing(kind: string): Provider {
  return async () => {
    throw new PatchbayError('unprocessable', `Providers of the kind ${kind} are not built in.`);
  };
}
