import '../../support/quiet-logs.ts';

import { inspect } from 'node:util';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { catalogueOf, findModel } from '#core/models';
import { anthropicProvider } from '#functions/model-gateway/anthropic-provider';
import { bedrockProvider } from '#functions/model-gateway/bedrock-provider';
import { CompletionRequest } from '#functions/model-gateway/completion-request';
import { type Provider, type ProviderCall, UnknownOutcome } from '#functions/model-gateway/provider';

const bash = {
  type: 'function',
  function: {
    name: 'bash',
    description: 'Runs it',
    parameters: { type: 'object', properties: { command: { type: 'string' } } },
  },
};
const history = [
  { role: 'system', content: 'You fix issues.' },
  { role: 'user', content: [{ type: 'text', text: 'Fix it.' }] },
  {
    role: 'assistant',
    content: 'Let me look.',
    reasoning_parts: [{ text: 'hm', metadata: { anthropic: { signature: 'signed' } } }],
    tool_calls: [{ id: 't1', type: 'function', function: { name: 'bash', arguments: '{"command":"ls"}' } }],
  },
  { role: 'tool', tool_call_id: 't1', content: 'README' },
];

let sent: Array<{ url: string; headers: Headers; body: Record<string, unknown> }>;
let upstream: () => Response;

const fetchIt: typeof fetch = async (url, init) => {
  sent.push({ url: String(url), headers: new Headers(init?.headers), body: JSON.parse(String(init?.body)) });
  return upstream();
};

beforeEach(() => {
  sent = [];
});

function aCall(model: string, more: Partial<ProviderCall> = {}): ProviderCall {
  return {
    model: findModel(catalogueOf(''), model)!,
    request: CompletionRequest.parse({ messages: history, tools: [bash] }),
    maxOutput: 1_000,
    key: 'the-key',
    turn: undefined,
    signal: new AbortController().signal,
    ...more,
  };
}

describe('Anthropic', () => {
  const provider: Provider = anthropicProvider(fetchIt);
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5',
    content: [
      { type: 'thinking', thinking: 'the reason', signature: 'signed-2' },
      { type: 'text', text: 'Listing.' },
      { type: 'tool_use', id: 't2', name: 'bash', input: { command: 'cat README' } },
    ],
    stop_reason: 'tool_use',
    stop_sequence: null,
    usage: { input_tokens: 10, cache_read_input_tokens: 100, cache_creation_input_tokens: 20, output_tokens: 5 },
  };
  beforeEach(() => {
    upstream = () => Response.json(message);
  });

  it('gets the history with cache points, and what it thought, signed', async () => {
    await provider(aCall('anthropic/claude-sonnet-4-5'));

    expect(sent[0]?.url).toBe('https://api.anthropic.com/v1/messages');
    expect(sent[0]?.headers.get('x-api-key')).toBe('the-key');
    const cache_control = { type: 'ephemeral' };
    expect(sent[0]?.body).toMatchObject({
      model: 'claude-sonnet-4-5',
      max_tokens: 1_000,
      system: [{ text: 'You fix issues.', cache_control }],
      tools: [{ name: 'bash', input_schema: { type: 'object' } }],
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'Fix it.' }] },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'hm', signature: 'signed' },
            { type: 'text', text: 'Let me look.' },
            { type: 'tool_use', id: 't1', name: 'bash', input: { command: 'ls' } },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', cache_control }] },
      ],
    });
  });

  it('is called at its own address, whatever the environment of other programs says', async () => {
    vi.stubEnv('ANTHROPIC_BASE_URL', 'https://elsewhere.test/v1');
    await provider(aCall('anthropic/claude-sonnet-4-5'));
    vi.unstubAllEnvs();

    expect(sent[0]?.url).toBe('https://api.anthropic.com/v1/messages');
  });

  it('answers as a chat completion, with tokens read from and written to its cache', async () => {
    const { body, tokens } = await provider(aCall('anthropic/claude-sonnet-4-5'));

    expect(tokens).toEqual({ input: 130, cached: 100, written: 20, output: 5 });
    expect(body).toMatchObject({
      choices: [
        {
          message: {
            content: 'Listing.',
            tool_calls: [
              { id: 't2', type: 'function', function: { name: 'bash', arguments: '{"command":"cat README"}' } },
            ],
            reasoning_parts: [{ text: 'the reason', metadata: { anthropic: { signature: 'signed-2' } } }],
          },
          finish_reason: 'tool_calls',
        },
      ],
      usage: { prompt_tokens: 130, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 100 } },
    });
  });

  it('gets back what it thought between its calls where it was, in the same words', async () => {
    const thinking = (signature: string) => ({ type: 'thinking', thinking: '', signature });
    const call = (id: string) => ({ type: 'tool_use', id, name: 'bash', input: { command: 'ls' } });
    const content = [
      thinking('a'),
      { type: 'text', text: 'Two things.' },
      thinking('b'),
      call('t2'),
      { type: 'redacted_thinking', data: 'hidden' },
      call('t3'),
    ];
    upstream = () => Response.json({ ...message, content });
    const { body } = await provider(aCall('anthropic/claude-opus-5-5'));
    const [{ message: answer }] = (body as { choices: [{ message: { role: 'assistant' } }] }).choices;
    const results = ['t2', 't3'].map((tool_call_id) => ({ role: 'tool', tool_call_id, content: 'ok' }));
    const request = CompletionRequest.parse({ messages: [...history, answer, ...results], tools: [bash] });

    await provider(aCall('anthropic/claude-opus-5-5', { request }));

    const messages = sent[1]?.body.messages as Array<{ content: unknown }> | undefined;
    expect(messages?.at(-2)?.content).toEqual(content);
  });

  it.each([
    [429, 'too_many_requests'],
    [529, 'unavailable'],
    [401, 'unprocessable'],
    [400, 'invalid_request'],
  ])('that refuses with %i is told apart, after one try', async (status, code) => {
    upstream = () => {
      const error = { type: 'error', error: { type: 'x', message: 'prompt is too long' } };
      return Response.json(error, { status, headers: { 'retry-after': '9' } });
    };

    await expect(provider(aCall('anthropic/claude-sonnet-4-5'))).rejects.toMatchObject({
      code,
      ...(code === 'too_many_requests' && { retryAfter: 9 }),
    });
    expect(sent).toHaveLength(1);
  });

  it('that answers with nonsense may have billed it', async () => {
    upstream = () => new Response('<html>');

    await expect(provider(aCall('anthropic/claude-sonnet-4-5'))).rejects.toBeInstanceOf(UnknownOutcome);
  });

  it.each([
    ['that is cut', () => new Response(`{"id":"msg_1","content":[{"text":"${'code of people '.repeat(50)}`)],
    [
      'that never comes',
      () => {
        throw new TypeError('fetch failed', { cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) });
      },
    ],
  ])('with an answer %s leaves neither request nor answer in the error, which is logged', async (_, answer) => {
    upstream = answer;

    const error = await provider(aCall('anthropic/claude-sonnet-4-5')).catch((thrown: unknown) => thrown);

    const logged = inspect(error, { depth: 9, showHidden: true });
    expect(error).toBeInstanceOf(UnknownOutcome);
    expect(logged).toMatch(/JSON|ECONNRESET/);
    expect(logged).not.toContain('You fix issues.');
    expect(logged.match(/code of people/g)?.length ?? 0).toBeLessThan(50);
  });

  it('is not sent what is not text', async () => {
    const request = CompletionRequest.parse({ messages: [{ role: 'user', content: [{ type: 'image_url' }] }] });

    await expect(provider(aCall('anthropic/claude-sonnet-4-5', { request }))).rejects.toMatchObject({
      code: 'invalid_request',
    });
    expect(sent).toEqual([]);
  });
});

describe('Bedrock', () => {
  const provider: Provider = bedrockProvider(fetchIt);
  const claude = 'bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0';
  beforeEach(() => {
    process.env.AWS_REGION = 'eu-west-1';
    upstream = () =>
      Response.json({
        output: {
          message: {
            role: 'assistant',
            content: [{ toolUse: { toolUseId: 't2', name: 'bash', input: { command: 'pwd' } } }],
          },
        },
        stopReason: 'tool_use',
        usage: {
          inputTokens: 10,
          outputTokens: 5,
          totalTokens: 115,
          cacheReadInputTokens: 100,
          cacheWriteInputTokens: 0,
        },
      });
  });

  it('is called in the region of the function, signed, with cache points', async () => {
    const { body, tokens } = await provider(aCall(claude, { key: 'AKIAEXAMPLE:secret' }));

    expect(sent[0]?.url).toContain('bedrock-runtime.eu-west-1.amazonaws.com/model/us.anthropic.claude-sonnet-4-5');
    expect(sent[0]?.headers.get('authorization')).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE\//);
    expect(JSON.stringify(sent[0]?.body)).toContain('cachePoint');
    expect(tokens).toEqual({ input: 110, cached: 100, written: 0, output: 5 });
    expect(body).toMatchObject({ choices: [{ message: { tool_calls: [{ function: { name: 'bash' } }] } }] });
  });

  it('that cannot be called, for want of a region, is refused: nothing was billed', async () => {
    delete process.env.AWS_REGION;

    await expect(provider(aCall(claude, { key: 'AKIAEXAMPLE:secret' }))).rejects.toMatchObject({
      code: 'unprocessable',
      message: expect.stringContaining('region'),
    });
    expect(sent).toEqual([]);
  });

  it.each(['meta.llama3-1-70b-instruct-v1:0', 'us.amazon.nova-pro-v1:0'])(
    'takes a key of its own, and no cache points for %s, which refuses them',
    async (name) => {
      await provider(aCall(`bedrock/${name}`, { key: 'bedrock-api-key' }));

      expect(sent[0]?.headers.get('authorization')).toBe('Bearer bedrock-api-key');
      expect(JSON.stringify(sent[0]?.body)).not.toContain('cachePoint');
    },
  );

  it('is called, and signed, in the region of its address', async () => {
    const model = findModel(catalogueOf(''), claude)!;
    const provider = { ...model.provider, base_url: 'https://bedrock-runtime.ap-south-1.amazonaws.com' };
    await bedrockProvider(fetchIt)(aCall(claude, { key: 'AKIAEXAMPLE:secret', model: { ...model, provider } }));

    expect(sent[0]?.url).toContain('bedrock-runtime.ap-south-1.amazonaws.com/model/');
    expect(sent[0]?.headers.get('authorization')).toMatch(/Credential=AKIAEXAMPLE\/\d+\/ap-south-1\/bedrock\//);
  });
});
