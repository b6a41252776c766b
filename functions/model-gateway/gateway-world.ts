import type { Environment } from '#core/env';
import { catalogueOf } from '#core/models';
import { awsSecrets } from '#functions/aws/aws-secrets';
import type { TableWorld } from '#functions/aws/aws-world';
import { providersByKind } from './providers-by-kind.ts';
import type { GatewayWorld } from './serve-completion.ts';

/** The gateway's ports: rows, the providers by kind, and their keys. */
export function gatewayWorld(env: Environment<'gateway'>, aws: TableWorld): GatewayWorld {
  const secrets = awsSecrets();
  return {
    attemptTokens: aws.attemptTokens,
    meter: aws.meter,
    clock: aws.clock,
    note: aws.note,
    catalogue: catalogueOf(env.MODEL_PROVIDERS),
    modelKey: async (name) => (await secrets.keys(env.MODEL_KEYS_SECRET))[name],
    providers: providersByKind(fetch, env.TIME_SCALE),
  };
}
