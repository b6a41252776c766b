import '../../support/quiet-logs.ts';

import { beforeEach, describe, expect, it } from 'vitest';
import { sha256Hex } from '#core/ids';
import { catalogueOf } from '#core/models';
import { openAiProvider } from '#functions/model-gateway/openai-provider';
import { replayProvider } from '#functions/model-gateway/replay-provider';
import { replays } from '#functions/model-gateway/replays';
import { type GatewayWorld, serveCompletion } from '#functions/model-gateway/serve-completion';
import { type UrlEvent, urlEntry } from '#functions/runtime/url-entry';
import { aContext } from '../../support/an-api.ts';
import { anAttempt, anAttemptToken, anId } from '../../support/builders.ts';
import { type FakeWorld, fakeWorld } from '../../support/fake-world.ts';

const catalogue = catalogueOf(
  JSON.stringify([
    {
      name: 'vendor',
      kind: 'openai-compatible',
      base_url: 'https://models.test/v1/',
      key: 'vendor',
      models: [{ name: 'big', input: 10, output: 20, cached: 1, written: 12, source: 'test' }],
    },
    { name: 'local', kind: 'openai-compatible', base_url: 'http://127.0.0.1:1/v1' },
    { name: 'replay', kind: 'replay', models: [{ name: 'any', input: 1, output: 5, cached: 0.1, source: 'test' }] },
  ]),
);
const messages = [{ role: 'user', content: 'fix it' }];
const completion = {
  id: 'c1',
  choices: [{ index: 0, message: { role: 'assistant', content: 'done', odd: { kept: true } }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1_000, completion_tokens: 100, prompt_tokens_details: { cached_tokens: 400 } },
};

let world: FakeWorld;
let sent: Array<{ url: string; headers: Record<string, string>; body: Record<string, unknown> }>;
let upstream: () => Promise<Response>;
let slept: number[];
let keys: Record<string, string>;

beforeEach(async () => {
  world = fakeWorld();
  sent = [];
  slept = [];
  keys = { vendor: 'the-key' };
  upstream = async () => Response.json(completion);
  world.attempts.seed(anAttempt({ status: 'running' }));
  await giveToken({ model: 'vendor/big', cost_usd: 1, steps: 10 });
});

async function giveToken(gateway: { model: string; cost_usd: number; steps: number } | undefined, token = 'secret') {
  const { gateway: _, ...plain } = anAttemptToken({ sha256: await sha256Hex(token) });
  await world.attemptTokens.put({ ...plain, ...(gateway && { gateway }) });
}

async function call(body: unknown = { messages }, headers: Record<string, string> = {}, path = '/v1/chat/completions') {
  const fakeFetch: typeof fetch = async (url, init) => {
    const { headers: given, body: text } = init as { headers: Record<string, string>; body: string };
    sent.push({ url: String(url), headers: given, body: JSON.parse(text) });
    return await upstream();
  };
  const missing = async () => Promise.reject(new Error('not in this test'));
  const gateway: GatewayWorld = {
    ...world,
    catalogue,
    modelKey: async (name) => keys[name],
    providers: {
      'openai-compatible': openAiProvider(fakeFetch),
      replay: replayProvider(replays, async (ms) => void slept.push(ms), 10),
      anthropic: missing,
      bedrock: missing,
    },
  };
  const handler = urlEntry(serveCompletion, () => gateway, { budget_exhausted: 402 });
  const event = {
    rawPath: path,
    headers: { authorization: 'Bearer secret', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    isBase64Encoded: false,
    requestContext: { requestId: 'r1', http: { method: 'POST', path } },
  } as unknown as UrlEvent;
  const response = await handler(event, aContext());
  return { status: response.statusCode, body: JSON.parse(response.body ?? ''), headers: response.headers ?? {} };
}

const usage = async () => (await world.attempts.get('acme', anId('j'), 1))?.usage;

describe('a call', () => {
  it('passes messages and answer as they are, and is metered by the provider’s usage', async () => {
    const odd = [{ role: 'user', content: [{ type: 'text', text: 'hi', cache_control: { type: 'ephemeral' } }] }];
    const { status, body } = await call({ messages: odd, temperature: 0 });

    expect(status).toBe(200);
    expect(body).toMatchObject(completion);
    // 600 fresh × 10 + 400 cached × 1 + 100 × 20 micro-dollars
    expect(body.patchbay).toEqual({ cost_usd: 0.0084, spent_usd: 0.0084, calls: 1 });
    expect(sent[0]).toMatchObject({
      url: 'https://models.test/v1/chat/completions',
      headers: { authorization: 'Bearer the-key' },
      body: { messages: odd, temperature: 0, model: 'big', stream: false, max_tokens: 8_192 },
    });
    expect(await usage()).toEqual({ calls: 1, cost_usd: 0.0084, input: 1_000, output: 100, cached: 400 });
  });

  it('gets the token’s model, a bounded answer, and nothing that multiplies its cost', async () => {
    await giveToken({ model: 'vendor/big', cost_usd: 100, steps: 10 });
    await call({
      messages,
      model: 'vendor/other',
      n: 50,
      stream: true,
      service_tier: 'priority',
      max_tokens: 1_000_000,
    });

    expect(sent[0]?.body).toEqual({ messages, model: 'big', stream: false, max_tokens: 32_000 });
  });

  it('of an unpriced model costs nothing and counts as a step', async () => {
    await giveToken({ model: 'local/llama', cost_usd: 0.01, steps: 1 });
    const first = await call();
    const second = await call();

    expect(first.body.patchbay).toEqual({ cost_usd: 0, spent_usd: 0, calls: 1 });
    expect(sent[0]?.headers).not.toHaveProperty('authorization');
    expect(second).toMatchObject({ status: 402, body: { code: 'budget_exhausted' } });
  });

  it.each([
    ['none', undefined],
    ['nothing', { prompt_tokens: 0, completion_tokens: 0 }],
    ['fractions', { prompt_tokens: 10.5, completion_tokens: 1 }],
    ['less than nothing', { prompt_tokens: -1, completion_tokens: 1 }],
  ])('is counted by its size when the provider reports %s as usage', async (_, reported) => {
    upstream = async () => Response.json({ choices: completion.choices, usage: reported });
    const { body } = await call();

    expect(body.patchbay.cost_usd).toBeGreaterThan(0);
    expect(await usage()).toMatchObject({ input: 17, output: 35 });
  });

  it('is counted with what was thought and with what was written to the cache', async () => {
    const details = { cached_tokens: 100, cache_write_tokens: 200 };
    const reported = {
      prompt_tokens: 1_000,
      completion_tokens: 1,
      total_tokens: 1_101,
      prompt_tokens_details: details,
    };
    upstream = async () => Response.json({ ...completion, usage: reported });
    const { body } = await call();

    // 700 fresh × 10 + 100 cached × 1 + 200 written × 12 + 101 × 20 micro-dollars
    expect(body.patchbay.cost_usd).toBe(0.01152);
  });
});

describe('a budget', () => {
  it('shortens the answer before it refuses it', async () => {
    await giveToken({ model: 'vendor/big', cost_usd: 0.06, steps: 10 });
    await call();

    expect(sent[0]?.body.max_tokens).toBe(2_048);
  });

  it('that is used up refuses by name, before the provider is asked', async () => {
    await giveToken({ model: 'vendor/big', cost_usd: 0.001, steps: 10 });
    const { status, body } = await call();

    expect(status).toBe(402);
    expect(body).toMatchObject({ code: 'budget_exhausted', request_id: 'r1' });
    expect(body.remedy).toContain('limits.cost_usd');
    expect(sent).toEqual([]);
  });

  it('never lets two calls of one attempt fly at once', async () => {
    const answers: Array<(response: Response) => void> = [];
    upstream = () => new Promise((resolve) => answers.push(resolve));
    const first = call();
    await expect.poll(() => answers.length).toBe(1);

    const second = await call();
    answers[0]?.(Response.json(completion));

    expect(second).toMatchObject({ status: 429, headers: { 'retry-after': '2' } });
    expect((await first).status).toBe(200);
    expect(await usage()).toMatchObject({ calls: 1 });
  });

  it('is charged the maximum of a call that nobody ended', async () => {
    const key = { tenant: 'acme', job_id: anId('j'), attempt: 1 };
    const limits = { micro_usd: 1e6, calls: 10, staleBefore: '' };
    await world.meter.open(key, { id: 'dead', at: world.clock.at(), max_micro_usd: 500_000 }, limits);
    world.clock.advance(311_000);

    const { status, body } = await call();

    expect(status).toBe(200);
    expect(body.patchbay.spent_usd).toBeCloseTo(0.5084);
  });
});

describe('a provider that refuses', () => {
  it.each([
    [429, { 'retry-after': '17' }, 429, '17'],
    [500, {}, 503, '5'],
    [503, { 'retry-after': '3' }, 503, '3'],
    [529, {}, 503, '20'],
    [424, {}, 503, '5'],
  ])('with %i is passed on with its wait, and costs nothing', async (status, headers, answered, wait) => {
    upstream = async () => new Response('oops', { status, headers });
    const reply = await call();

    expect(reply.status).toBe(answered);
    expect(reply.headers['retry-after']).toBe(wait);
    expect(await usage()).toMatchObject({ calls: 0, cost_usd: 0 });
  });

  it('with 400 is passed on in its words', async () => {
    upstream = async () => Response.json({ error: { message: 'context too long' } }, { status: 400 });
    const { status, body } = await call();

    expect(status).toBe(400);
    expect(body.message).toContain('context too long');
  });

  it('with 400 in words that quote the key is passed on without it', async () => {
    upstream = async () => Response.json({ error: 'Incorrect API key provided: the-key.' }, { status: 400 });
    const { body } = await call();

    expect(body.message).toContain('Incorrect API key provided: ***.');
  });

  it('with 401 is about our key, and does not quote it', async () => {
    upstream = async () => Response.json({ error: { message: 'bad key the-key' } }, { status: 401 });
    const { status, body } = await call();

    expect(status).toBe(422);
    expect(JSON.stringify(body)).not.toContain('the-key');
  });

  it('by a connection that is never made costs nothing; one that breaks costs the maximum', async () => {
    const failing = (code: string) => async () => {
      throw new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) });
    };
    upstream = failing('ECONNREFUSED');
    const never = await call();
    upstream = async () => {
      const cause = new Error('Proxy response (403) !== 200 when HTTP Tunneling');
      throw new TypeError('fetch failed', { cause: Object.assign(new Error('cancelled'), { code: 0, cause }) });
    };
    const byProxy = await call();
    upstream = failing('CERT_HAS_EXPIRED');
    const untrusted = await call();
    const before = await usage();
    upstream = failing('ECONNRESET');
    const broken = await call();

    expect([never.status, byProxy.status, untrusted.status, broken.status]).toEqual([503, 503, 503, 503]);
    expect(JSON.stringify(byProxy.body)).toContain('cannot be reached');
    expect(before).toMatchObject({ calls: 0, cost_usd: 0 });
    expect(await usage()).toMatchObject({ calls: 1, cost_usd: expect.closeTo(0.164, 3) });
  });

  it('has no key here: says which to add', async () => {
    keys = {};
    const { status, body } = await call();

    expect(status).toBe(422);
    expect(body.remedy).toContain('"vendor"');
  });

  it('takes a key without the white space around it, and refuses one that no header takes before fetch could quote it', async () => {
    keys = { vendor: ' the-key\r\n' };
    await call();
    expect(sent[0]?.headers.authorization).toBe('Bearer the-key');

    keys = { vendor: 'the-key\nmore' };
    const { status, body } = await call();
    expect(status).toBe(422);
    expect(JSON.stringify(body)).not.toContain('the-key');
    expect(sent).toHaveLength(1);
  });
});

describe('a caller', () => {
  it('with an unknown token is refused before anything else is looked at', async () => {
    const { status } = await call('{not json', { authorization: 'Bearer other' }, '/elsewhere');

    expect(status).toBe(401);
    expect(world.faults.calls).not.toContain('meter.open');
  });

  it('without a model in its token is refused', async () => {
    await giveToken(undefined);

    expect((await call()).status).toBe(403);
  });

  it.each([
    ['{not json', 400],
    [{ messages: [] }, 400],
    [{ messages: [{ role: 'user', content: 'x'.repeat(6_000_000) }] }, 413],
  ])('with a wrong body is told so', async (body, status) => {
    expect((await call(body)).status).toBe(status);
    expect(sent).toEqual([]);
  });

  it('on another path finds nothing', async () => {
    expect((await call({ messages }, {}, '/v1/models')).status).toBe(404);
  });
});

describe('a recording', () => {
  beforeEach(() => giveToken({ model: 'replay/sample', cost_usd: 1, steps: 50 }));

  it('answers the turn that the runner names, after its scaled latency', async () => {
    const { status, body } = await call({ messages }, { 'x-patchbay-turn': 'plan/0' });
    const turn = replays.get('sample')?.phases.plan[0];

    expect(status).toBe(200);
    expect(body.choices[0].message.tool_calls[0]).toMatchObject({
      type: 'function',
      function: { name: 'bash', arguments: turn?.tool_calls[0]?.arguments },
    });
    expect(slept).toEqual([(turn?.latency_ms ?? 0) / 10]);
    expect(body.patchbay.calls).toBe(1);
  });

  it('past its last turn says so', async () => {
    const { status, body } = await call({ messages }, { 'x-patchbay-turn': 'execute/999' });

    expect(status).toBe(409);
    expect(body.message).toContain('phase execute');
    expect(await usage()).toMatchObject({ calls: 0 });
  });

  it.each(['', 'plan', 'plan/-1', 'judge/0'])('does not guess a turn from %j', async (turn) => {
    expect((await call({ messages }, { 'x-patchbay-turn': turn })).status).toBe(400);
  });

  it('that is not there is named, with those that are', async () => {
    await giveToken({ model: 'replay/other', cost_usd: 1, steps: 50 });
    const { status, body } = await call({ messages }, { 'x-patchbay-turn': 'plan/0' });

    expect(status).toBe(422);
    expect(body.message).toContain('sample');
  });
});
