import * as z from 'zod';
import { PatchbayError } from '#core/errors';
import type { CompletionRequest } from './completion-request.ts';
import { neverSent } from './never-sent.ts';
import { lateRefusalIn, refusalIn } from './openai-refusal.ts';
import { completionOf, responsesBody } from './openai-responses.ts';
import { tokensOf } from './openai-usage.ts';
import { type Provider, type ProviderAnswer, type ProviderCall, UnknownOutcome } from './provider.ts';
import { unreachable, upstreamRefusal } from './upstream-refusal.ts';
import { withoutRedirects } from './without-redirects.ts';

/** How a model is asked: where, with what, and how its answer reads. */
interface Way {
  path: string;
  body(call: ProviderCall, url: string): Record<string, unknown>;
  read(call: ProviderCall, body: Record<string, unknown>): ProviderAnswer;
}

const chat: Way = {
  path: '/chat/completions',
  body: chatBody,
  read: (_, body) => ({ body, tokens: tokensOf(body) }),
};
const chatUnreasoning: Way = { ...chat, body: (call, url) => ({ ...chatBody(call, url), reasoning_effort: 'none' }) };
const responses: Way = { path: '/responses', body: responsesBody, read: completionOf };

/** Any OpenAI-compatible API, by fetch. */
export function openAiProvider(anyFetch: typeof fetch): Provider {
  const fetchIt = withoutRedirects(anyFetch);
  /** Of the models that refused the usual way: asked so at once from then on. */
  const ways = new Map<string, Way>();
  return async (call) => {
    const model = `${call.model.provider.name}/${call.model.name}`;
    // A conversation goes on as it began, in whichever process: its items are none of the other API.
    const begun = call.request.messages.some((message) => 'response_items' in message) ? responses : undefined;
    const known = begun ?? ways.get(model);
    if (known) return await completed(fetchIt, call, known);
    try {
      return await completed(fetchIt, call, chat);
    } catch (error) {
      const way = wayNamedIn(error, call);
      if (way === undefined) throw error;
      const answer = await completed(fetchIt, call, way);
      ways.set(model, way);
      return answer;
    }
  };
}

/**
 * OpenAI's models since gpt-5.4 refuse tools on chat completions while they reason, since gpt-5.6 they reason unless told
 * not to, and gpt-6.1 cannot be told; some are on Responses alone. The refusal says so, which is better than a list of
 * names: https://developers.openai.com/api/docs/models/gpt-6-luna. Whoever
 * passes it on from elsewhere need not have Responses.
 */
function wayNamedIn(error: unknown, { model }: ProviderCall): Way | undefined {
  if (!(error instanceof PatchbayError) || error.code !== 'invalid_request') return undefined;
  if (/\bv1\/responses\b/.test(error.message) && isOpenAi(model.provider.base_url ?? '')) return responses;
  return /reasoning_effort to ['"`]?none/.test(error.message) ? chatUnreasoning : undefined;
}

async function completed(fetchIt: typeof fetch, call: ProviderCall, way: Way): Promise<ProviderAnswer> {
  const { provider } = call.model;
  if (provider.base_url === undefined) {
    throw new PatchbayError('unprocessable', `The provider ${provider.name} has no base_url in this installation.`);
  }
  const url = `${provider.base_url.replace(/\/$/, '')}${way.path}`;
  const response = await sent(fetchIt, url, way.body(call, url), call);
  const text = await textOf(response, call);
  const asked = { provider: provider.name, key: call.key, retryAfter: response.headers.get('retry-after') };
  if (!response.ok) {
    throw upstreamRefusal({ ...asked, ...refusalIn(json(text)), status: response.status });
  }
  const body = z.record(z.string(), z.unknown()).safeParse(json(text));
  if (!body.success)
    throw new UnknownOutcome(`The provider ${provider.name} answered with something that is not JSON.`);
  const late = lateRefusalIn(body.data);
  if (late) throw upstreamRefusal({ ...asked, ...late });
  return way.read(call, body.data);
}

async function sent(fetchIt: typeof fetch, url: string, body: object, call: ProviderCall): Promise<Response> {
  try {
    return await fetchIt(url, {
      method: 'POST',
      signal: call.signal,
      headers: {
        'content-type': 'application/json',
        ...(call.key === undefined ? {} : { authorization: `Bearer ${call.key}` }),
      },
      body: JSON.stringify(body),
    });
  } catch (cause) {
    const { name } = call.model.provider;
    if (call.signal.aborted) throw new UnknownOutcome(`The provider ${name} did not answer in time.`, { cause });
    if (!neverSent(cause)) throw new UnknownOutcome(`The connection to ${name} broke off.`, { cause });
    throw unreachable(name, cause);
  }
}

async function textOf(response: Response, { model }: ProviderCall): Promise<string> {
  try {
    return await response.text();
  } catch (cause) {
    throw new UnknownOutcome(`The answer of ${model.provider.name} broke off.`, { cause });
  }
}

/** OpenAI's own models take only the new name of the limit, others only the old one. */
function chatBody({ model, request, maxOutput }: ProviderCall, url: string): Record<string, unknown> {
  const { max_tokens: _, max_completion_tokens: __, ...rest }: CompletionRequest = request;
  return {
    ...rest,
    model: model.name,
    stream: false,
    [isOpenAi(url) ? 'max_completion_tokens' : 'max_tokens']: maxOutput,
  };
}

/** Its regional addresses and Azure's too. */
function isOpenAi(url: string): boolean {
  return URL.canParse(url) && /(^|\.)api\.openai\.com$|\.openai\.azure\.com$/.test(new URL(url).hostname);
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
