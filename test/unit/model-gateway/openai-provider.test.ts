import { beforeEach, describe, expect, it } from 'vitest';
import { catalogueOf, findModel, type KnownModel } from '#core/models';
import { CompletionRequest } from '#functions/model-gateway/completion-request';
import { openAiProvider } from '#functions/model-gateway/openai-provider';
import type { Provider, ProviderCall } from '#functions/model-gateway/provider';

const tools = [{ type: 'function', function: { name: 'bash', parameters: { type: 'object' } } }];
const messages = [{ role: 'user', content: 'fix it' }];
const completion = {
  choices: [{ index: 0, message: { role: 'assistant', content: 'done' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1_000, completion_tokens: 100 },
};

let sent: Array<Record<string, unknown>>;
let urls: string[];
let upstream: (body: Record<string, unknown>) => Response;
let provider: Provider;

beforeEach(() => {
  sent = [];
  urls = [];
  upstream = () => Response.json(completion);
  provider = openAiProvider(async (url, init) => {
    urls.push(String(url));
    const body = JSON.parse(String(init?.body));
    sent.push(body);
    return upstream(body);
  });
});

function aModel(base_url: string | undefined, name = 'big'): KnownModel {
  const row = { name: 'vendor', kind: 'openai-compatible', key: 'vendor', ...(base_url && { base_url }) };
  return findModel(catalogueOf(JSON.stringify([row])), `vendor/${name}`)!;
}

function ask(request: Record<string, unknown> = {}, more: Partial<ProviderCall> = {}) {
  return provider({
    model: aModel('https://models.test/v1'),
    request: CompletionRequest.parse({ messages, ...request }),
    maxOutput: 1_000,
    key: 'the-key',
    turn: undefined,
    signal: new AbortController().signal,
    ...more,
  });
}

/** As gpt-5.6 answers: https://github.com/itzcrazykns/vane/issues/1173 */
const refused = {
  error: {
    message:
      "Function tools with reasoning_effort are not supported for gpt-5.6-luna in /v1/chat/completions. To use function tools, use /v1/responses or set reasoning_effort to 'none'.",
    type: 'invalid_request_error',
    param: 'reasoning_effort',
    code: null,
  },
};

describe('reasoning', () => {
  it('is switched off where somebody passes on that a model calls tools only without it, and from then on at once', async () => {
    upstream = ({ reasoning_effort }) =>
      reasoning_effort === 'none' ? Response.json(completion) : Response.json(refused, { status: 400 });

    const { body } = await ask({ tools });
    await ask({ tools });

    expect(body).toEqual(completion);
    expect(sent.map((request) => request.reasoning_effort)).toEqual([undefined, 'none', 'none']);
  });

  it('is as asked for where the provider takes it, with tools too', async () => {
    await ask({ tools, reasoning_effort: 'high' });

    expect(sent).toMatchObject([{ reasoning_effort: 'high' }]);
  });

  it('is not touched where something else is refused', async () => {
    upstream = () => Response.json({ error: { message: 'Unsupported parameter: tools' } }, { status: 400 });

    await expect(ask({ tools })).rejects.toMatchObject({ code: 'invalid_request' });
    expect(sent).toHaveLength(1);
  });
});

describe('the limit of an answer', () => {
  it.each([
    ['https://api.openai.com/v1', 'max_completion_tokens'],
    ['https://eu.api.openai.com/v1', 'max_completion_tokens'],
    ['https://mine.openai.azure.com/openai/v1', 'max_completion_tokens'],
    ['https://api.openai.com.example/v1', 'max_tokens'],
    ['http://127.0.0.1:11434/v1', 'max_tokens'],
  ])('at %s is called %s', async (base_url, field) => {
    await ask({ max_tokens: 5 }, { model: aModel(base_url) });

    expect(Object.keys(sent[0] ?? {}).filter((name) => name.startsWith('max_'))).toEqual([field]);
  });
});

describe('a refusal', () => {
  const answering = (status: number, body: unknown) => {
    upstream = () => Response.json(body, { status });
  };

  it.each([
    ['OpenAI', { error: { message: 'too long', code: 'context_length_exceeded' } }],
    ['xAI', { code: 'invalid argument', error: 'too long' }],
    ['vLLM', { object: 'error', message: 'too long', type: 'BadRequestError', code: 400 }],
    ['FastAPI', { detail: 'too long' }],
  ])('has the words of %s', async (_, body) => {
    answering(400, body);

    await expect(ask()).rejects.toMatchObject({
      code: 'invalid_request',
      message: 'The provider vendor answered 400: too long',
    });
  });

  it.each([
    [429, { error: { message: 'You exceeded your current quota', code: 'insufficient_quota' } }],
    [402, { error: { message: 'Insufficient credits', code: 402 } }],
    [200, { error: { message: 'Insufficient credits', code: 402 } }],
  ])('for want of credit (%i) is not a limit of the rate: waiting helps nobody', async (status, body) => {
    answering(status, body);

    await expect(ask()).rejects.toMatchObject({
      code: 'unprocessable',
      message: expect.stringContaining('no credit left'),
    });
  });

  it('of a request that is larger than what a minute allows is no limit of the rate either', async () => {
    const message = 'Request too large for gpt-5.5 on tokens per min (TPM): Limit 30000, Requested 45000.';
    answering(429, { error: { message, type: 'tokens', code: 'rate_limit_exceeded' } });

    await expect(ask()).rejects.toMatchObject({ code: 'invalid_request', message: expect.stringContaining('TPM') });
  });

  it.each([
    [{ message: 'Rate limit exceeded: free-models-per-day', code: 429 }, 'too_many_requests'],
    [{ message: 'Provider returned error', code: 502 }, 'unavailable'],
    [{ message: 'Upstream idle' }, 'unavailable'],
    [{ message: 'context too long', code: 400 }, 'invalid_request'],
  ])('that comes with status 200 is one: %j', async (error, code) => {
    answering(200, { error, user_id: 'u' });

    await expect(ask()).rejects.toMatchObject({ code });
  });

  it('after which the provider reports tokens was billed', async () => {
    answering(200, { error: { message: 'cut', code: 502 }, usage: completion.usage });

    expect(await ask()).toMatchObject({ tokens: { input: 1_000, output: 100 } });
  });
});

/** Shapes of https://platform.openai.com/docs/api-reference/responses */
describe('OpenAI’s Responses', () => {
  const openai = { model: aModel('https://api.openai.com/v1', 'gpt-5.6-luna') };
  const thought = { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'gAAAA' };
  const said = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    phase: 'commentary',
    status: 'completed',
    content: [{ type: 'output_text', text: 'Let me look.', annotations: [], logprobs: [] }],
  };
  const called = {
    id: 'fc_1',
    type: 'function_call',
    call_id: 'call_1',
    name: 'bash',
    arguments: '{"command":"ls"}',
    status: 'completed',
  };
  const response = {
    id: 'resp_1',
    object: 'response',
    status: 'completed',
    error: null,
    incomplete_details: null,
    output: [thought, said, called],
    usage: {
      input_tokens: 1_000,
      input_tokens_details: { cached_tokens: 600, cache_write_tokens: 300 },
      output_tokens: 50,
      output_tokens_details: { reasoning_tokens: 30 },
      total_tokens: 1_050,
    },
  };
  let answered: Record<string, unknown>;

  beforeEach(() => {
    answered = response;
    upstream = () =>
      urls.at(-1)?.endsWith('/responses') ? Response.json(answered) : Response.json(refused, { status: 400 });
  });

  it('are asked where a model says so, from then on at once, and answer as a chat completion', async () => {
    const { body, tokens } = await ask({ tools, reasoning_effort: 'low' }, openai);
    await ask({ tools }, openai);

    expect(urls.map((url) => url.replace('https://api.openai.com/v1', ''))).toEqual([
      '/chat/completions',
      '/responses',
      '/responses',
    ]);
    expect(sent[1]).toEqual({
      model: 'gpt-5.6-luna',
      input: [{ role: 'user', content: 'fix it' }],
      max_output_tokens: 1_000,
      store: false,
      stream: false,
      include: ['reasoning.encrypted_content'],
      tools: [{ type: 'function', name: 'bash', parameters: { type: 'object' }, strict: false }],
      tool_choice: 'auto',
      reasoning: { effort: 'low' },
    });
    expect(tokens).toEqual({ input: 1_000, cached: 600, written: 300, output: 50 });
    expect(body).toMatchObject({
      choices: [
        {
          finish_reason: 'tool_calls',
          message: {
            content: 'Let me look.',
            tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'bash', arguments: '{"command":"ls"}' } }],
          },
        },
      ],
    });
  });

  it('get their items back as they were, without ids, and what did not come from them in their form', async () => {
    const { body } = await ask({ tools }, openai);
    const [{ message }] = (body as { choices: [{ message: { role: 'assistant' } }] }).choices;
    const old = {
      role: 'assistant',
      content: 'Hm.',
      tool_calls: [{ id: 'call_0', type: 'function', function: { name: 'bash', arguments: '{}' } }],
    };
    const tool = (tool_call_id: string) => ({ role: 'tool', tool_call_id, content: 'README' });
    // Another process, which has not heard the refusal.
    provider = openAiProvider(async (url, init) => {
      urls.push(String(url));
      sent.push(JSON.parse(String(init?.body)));
      return Response.json(response);
    });

    await ask({ tools, messages: [...messages, old, tool('call_0'), message, tool('call_1')] }, openai);

    expect(urls.at(-1)).toBe('https://api.openai.com/v1/responses');
    expect(sent).toHaveLength(3);
    const { id: _, ...thoughtAgain } = thought;
    expect(sent[2]?.input).toEqual([
      { role: 'user', content: 'fix it' },
      { role: 'assistant', content: 'Hm.' },
      { type: 'function_call', call_id: 'call_0', name: 'bash', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_0', output: 'README' },
      thoughtAgain,
      {
        type: 'message',
        role: 'assistant',
        phase: 'commentary',
        content: [{ type: 'output_text', text: 'Let me look.' }],
      },
      { type: 'function_call', call_id: 'call_1', name: 'bash', arguments: '{"command":"ls"}' },
      { type: 'function_call_output', call_id: 'call_1', output: 'README' },
    ]);
  });

  it('say why an answer is none', async () => {
    const choice = async () => (await ask({ tools }, openai)).body.choices;
    answered = { ...response, output: [thought], incomplete_details: { reason: 'max_output_tokens' } };
    expect(await choice()).toMatchObject([{ finish_reason: 'length', message: { content: null } }]);
    answered = { ...response, output: [{ ...said, content: [{ type: 'refusal', refusal: 'No.' }] }] };
    expect(await choice()).toMatchObject([{ finish_reason: 'stop', message: { refusal: 'No.' } }]);
  });

  it.each([
    ['rate_limit_exceeded', 'too_many_requests'],
    ['server_error', 'unavailable'],
  ])('that failed by %s cost nothing', async (code, expected) => {
    answered = { ...response, status: 'failed', output: [], usage: null, error: { code, message: 'sorry' } };

    await expect(ask({ tools }, openai)).rejects.toMatchObject({ code: expected });
  });
});
