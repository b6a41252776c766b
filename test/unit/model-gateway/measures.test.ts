import '../../support/quiet-logs.ts';

import { describe, expect, it } from 'vitest';
import { PatchbayError } from '#core/errors';
import { sha256Hex } from '#core/ids';
import { catalogueOf } from '#core/models';
import { type Provider, UnknownOutcome } from '#functions/model-gateway/provider';
import { type GatewayWorld, serveCompletion } from '#functions/model-gateway/serve-completion';
import type { UrlEvent } from '#functions/runtime/url-entry';
import { anAttempt, anAttemptToken } from '../../support/builders.ts';
import { fakeWorld } from '../../support/fake-world.ts';

const event = {
  rawPath: '/v1/chat/completions',
  headers: { authorization: 'Bearer secret' },
  requestContext: { requestId: 'r', http: { method: 'POST' } },
  body: JSON.stringify({ messages: [{ role: 'user', content: 'fix it' }] }),
} as unknown as UrlEvent;

/** The samples of one call to a provider that answers so; the model is `replay/sample`. */
async function samplesOf(
  provider: (advance: (ms: number) => void) => ReturnType<Provider>,
  row: object = { name: 'replay', kind: 'replay' },
): Promise<unknown[]> {
  const world = fakeWorld();
  world.attempts.seed(anAttempt({ status: 'running' }));
  await world.attemptTokens.put(anAttemptToken({ sha256: await sha256Hex('secret') }));
  const ask: Provider = () => provider((ms) => world.clock.advance(ms));
  const gateway: GatewayWorld = {
    ...world,
    catalogue: catalogueOf(JSON.stringify({ only: [row] })),
    modelKey: async () => undefined,
    providers: { replay: ask, 'openai-compatible': ask, anthropic: ask, bedrock: ask },
  };
  await serveCompletion(gateway, event).catch(() => undefined);
  return world.notes.map(({ fields }) => fields.metrics);
}

describe('a model call', () => {
  it('that is answered is measured by its time', async () => {
    const answer = { body: { choices: [] }, tokens: undefined };

    const samples = await samplesOf(async (advance) => {
      advance(1_500);
      return answer;
    });

    expect(samples).toEqual([{ ModelCallMs: 1_500, ModelRateLimited: 0 }]);
  });

  it.each([
    ['refused for its rate', new PatchbayError('too_many_requests', 'limits the rate'), { ModelRateLimited: 1 }],
    ['refused for its key', new PatchbayError('unprocessable', 'the key'), { ModelRateLimited: 0, ModelRefused: 1 }],
    [
      'refused for a secret without a value',
      new PatchbayError('internal', 'no value yet'),
      { ModelRateLimited: 0, ModelRefused: 1 },
    ],
    ['refused for what it asks', new PatchbayError('invalid_request', 'too long'), { ModelRateLimited: 0 }],
    ['not answered', new UnknownOutcome('no answer'), { ModelRateLimited: 0 }],
  ])('that is %s is no latency', async (_, error, samples) => {
    expect(await samplesOf(() => Promise.reject(error))).toEqual([samples]);
  });

  it.each([
    ['the provider has no key here', { name: 'replay', kind: 'replay', key: 'a' }],
    ['the provider is not in the table any more', { name: 'other', kind: 'anthropic', key: 'a' }],
  ])('that cannot be made is refused: %s', async (_, row) => {
    const asked = () => Promise.reject(new Error('nobody is asked'));

    expect(await samplesOf(asked, row)).toEqual([{ ModelRateLimited: 0, ModelRefused: 1 }]);
  });
});
