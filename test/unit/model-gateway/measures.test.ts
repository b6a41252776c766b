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

/** The samples of one call to a provider that answers so. */
async function samplesOf(provider: (advance: (ms: number) => void) => ReturnType<Provider>): Promise<unknown[]> {
  const world = fakeWorld();
  world.attempts.seed(anAttempt({ status: 'running' }));
  await world.attemptTokens.put(anAttemptToken({ sha256: await sha256Hex('secret') }));
  const ask: Provider = () => provider((ms) => world.clock.advance(ms));
  const gateway: GatewayWorld = {
    ...world,
    catalogue: catalogueOf(JSON.stringify([{ name: 'replay', kind: 'replay' }])),
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
    ['refused for its rate', new PatchbayError('too_many_requests', 'limits the rate'), 1],
    ['refused otherwise', new PatchbayError('unprocessable', 'refused the key'), 0],
    ['not answered', new UnknownOutcome('no answer'), 0],
  ])('that is %s is no latency', async (_, error, limited) => {
    expect(await samplesOf(() => Promise.reject(error))).toEqual([{ ModelRateLimited: limited }]);
  });
});
