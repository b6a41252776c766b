import { PatchbayError } from '#core/errors';
import { sha256Hex } from '#core/ids';
import type { ModelProvider } from '#core/job/provider';
import { type Catalogue, findModel, type KnownModel } from '#core/models';
import type { AttemptToken } from '#core/ports/attempt-tokens';
import type { World } from '#core/ports/world';
import type { Measured } from '#core/telemetry';
import { type MeteredCall, openCall, settleCall, writeOffCall } from '#core/use-cases/meter-call';
import { logIdsOf } from '#functions/runtime/chain';
import { type HttpResponse, jsonReply } from '#functions/runtime/http-reply';
import { bearerOf, bodyOf } from '#functions/runtime/http-request';
import { parsed } from '#functions/runtime/problems';
import type { UrlEvent } from '#functions/runtime/url-entry';
import { CompletionRequest, outputAskedFor } from './completion-request.ts';
import { countedTokens } from './counted-tokens.ts';
import { type Provider, type ProviderAnswer, UnknownOutcome } from './provider.ts';
import { usableKey } from './usable-key.ts';

export type GatewayWorld = Pick<World, 'attemptTokens' | 'meter' | 'clock' | 'note'> & {
  catalogue: Catalogue;
  providers: Record<ModelProvider['kind'], Provider>;
  /** Of the model-keys secret; undefined when it is not in there. */
  modelKey(name: string): Promise<string | undefined>;
};

/** Shorter than the runner's own patience (300 s): it hears our answer, not silence. */
const providerMs = 280_000;
const staleMs = providerMs + 30_000;
const bodyBytes = 5 * 1_024 * 1_024;

/**
 * One chat completion for an attempt's sandbox.
 *
 * 1. The token, before anything else: unknown, revoked or expired → 401; one without a model → 403.
 * 2. The request; its model is the token's, whatever it names.
 * 3. Reserve the call's maximum (402 over the budget, 429 while another call is in flight).
 * 4. Call the provider; settle with the tokens it reports. It refused → nothing counts. It may have done the work and
 *    we do not know → the maximum counts.
 */
export async function serveCompletion(world: GatewayWorld, event: UrlEvent): Promise<HttpResponse> {
  const token = await admitted(world, event);
  logIdsOf({ ...token, attempt_id: `${token.job_id}.${token.attempt}` });
  if (event.requestContext.http.method !== 'POST' || event.rawPath !== '/v1/chat/completions') {
    throw new PatchbayError('not_found', 'The gateway serves POST /v1/chat/completions alone.');
  }
  const request = parsed(CompletionRequest, bodyOf(event, bodyBytes), 'body');
  const { model, key } = await offered(world, token.gateway.model);
  const promptBytes = Buffer.byteLength(event.body ?? '');
  const call: MeteredCall = { token, price: model.price, promptBytes, maxOutput: outputAskedFor(request), staleMs };
  const open = await openCall(world, call);
  const began = world.clock.now();
  const { body, tokens } = await asked(world, call, open, () =>
    world.providers[model.provider.kind]({
      model,
      request,
      maxOutput: open.maxOutput,
      key,
      turn: event.headers['x-patchbay-turn'],
      signal: AbortSignal.timeout(providerMs),
    }),
  );
  const metrics = { ModelCallMs: world.clock.now() - began, ModelRateLimited: 0 };
  const settled = await settleCall(world, call, open, countedTokens(tokens, promptBytes, body));
  world.note('model call', { model: token.gateway.model, micro_usd: settled.micro_usd, metrics });
  const patchbay = { cost_usd: settled.micro_usd / 1e6, spent_usd: settled.spent_usd, calls: settled.calls };
  return jsonReply(200, { ...body, patchbay });
}

async function admitted(world: GatewayWorld, event: UrlEvent): Promise<MeteredCall['token']> {
  // Only digests are compared, by the store's lookup: there is no secret to find out by the time it takes.
  const token: AttemptToken | undefined = await world.attemptTokens.find(await sha256Hex(bearerOf(event)));
  if (token === undefined) throw new PatchbayError('unauthorized', 'The token is unknown, revoked or expired.');
  const { gateway } = token;
  if (gateway === undefined) throw new PatchbayError('forbidden', 'This token may not call a model.');
  return { ...token, gateway };
}

/** That one of them is missing is no fault of the agent: it is noted like a provider's refusal. */
async function offered(world: GatewayWorld, name: string): Promise<{ model: KnownModel; key: string | undefined }> {
  try {
    const model = modelOf(world.catalogue, name);
    return { model, key: await keyOf(world, model.provider) };
  } catch (error) {
    world.note('model call failed', { level: 'warning', model: name, error, metrics: failedCall(error) });
    throw error;
  }
}

function modelOf(catalogue: Catalogue, name: string): KnownModel {
  const model = findModel(catalogue, name);
  if (model !== undefined) return model;
  throw new PatchbayError('unprocessable', `This installation has no provider for the model "${name}".`);
}

async function keyOf(world: GatewayWorld, provider: ModelProvider): Promise<string | undefined> {
  if (provider.key === undefined) return undefined;
  const key = await world.modelKey(provider.key);
  if (key !== undefined && key.trim() !== '') return usableKey(key, provider.name);
  // The account's own role: in the customer's account no key is needed.
  if (provider.kind === 'bedrock') return undefined;
  throw new PatchbayError('unprocessable', `This installation has no key for the provider ${provider.name}.`, {
    remedy: `Add "${provider.key}" to the model-keys secret, then retry.`,
  });
}

/** The provider's answer; when there is none, the reservation is undone or written off before the error goes on. */
async function asked(
  world: GatewayWorld,
  call: MeteredCall,
  open: Parameters<typeof settleCall>[2],
  ask: () => Promise<ProviderAnswer>,
): Promise<ProviderAnswer> {
  try {
    return await ask();
  } catch (error) {
    const { model } = call.token.gateway;
    world.note('model call failed', { level: 'warning', model, error, metrics: failedCall(error) });
    if (!(error instanceof UnknownOutcome)) {
      await settleCall(world, call, open, undefined);
      throw error;
    }
    await writeOffCall(world, call, open);
    throw new PatchbayError('unavailable', error.message, { cause: error, retryAfter: 5 });
  }
}

/** Of our own errors these two are the installation's: its keys, or its table of providers. */
function failedCall(error: unknown): Measured {
  const code = error instanceof PatchbayError ? error.code : undefined;
  const limited = code === 'too_many_requests' ? 1 : 0;
  return { ModelRateLimited: limited, ...((code === 'unprocessable' || code === 'internal') && { ModelRefused: 1 }) };
}
