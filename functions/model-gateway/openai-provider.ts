import * as z from 'zod';
import { PatchbayError } from '#core/errors';
import type { CompletionRequest } from './completion-request.ts';
import { neverSent } from './never-sent.ts';
import { lateRefusalIn, refusalIn } from './openai-refusal.ts';
import { tokensOf } from './openai-usage.ts';
import { type Provider, type ProviderAnswer, type ProviderCall, UnknownOutcome } from './provider.ts';
import { unreachable, upstreamRefusal } from './upstream-refusal.ts';
import { withoutRedirects } from './without-redirects.ts';

/** Any OpenAI-compatible API, by fetch. */
export function openAiProvider(anyFetch: typeof fetch): Provider {
  const fetchIt = withoutRedirects(anyFetch);
  /** Models that call tools here only without reasoning, as their provider said: asked so at once from then on. */
  const unreasoning = new Set<string>();
  return async (call) => {
    const { provider, name } = call.model;
    if (call.request.tools === undefined) return await completed(fetchIt, call);
    const model = `${provider.name}/${name}`;
    const withoutReasoning = { ...call, request: { ...call.request, reasoning_effort: 'none' } };
    if (unreasoning.has(model)) return await completed(fetchIt, withoutReasoning);
    try {
      return await completed(fetchIt, call);
    } catch (error) {
      if (!wantsNoReasoning(error)) throw error;
      const answer = await completed(fetchIt, withoutReasoning);
      unreasoning.add(model);
      return answer;
    }
  };
}

/**
 * OpenAI's models since gpt-5.4 refuse tools on this API while they reason, and since gpt-5.6 they reason unless told not
 * to: https://community.openai.com/t/gpt-5-6-chat-completion-reasoning-effort-bug-behavior-change/1386454. Older ones and
 * those of others do not know the value, so it is sent to none that did not ask for it.
 */
function wantsNoReasoning(error: unknown): boolean {
  return (
    error instanceof PatchbayError &&
    error.code === 'invalid_request' &&
    /reasoning_effort to ['"`]?none/.test(error.message)
  );
}

async function completed(fetchIt: typeof fetch, call: ProviderCall): Promise<ProviderAnswer> {
  const { provider } = call.model;
  if (provider.base_url === undefined) {
    throw new PatchbayError('unprocessable', `The provider ${provider.name} has no base_url in this installation.`);
  }
  const response = await sent(fetchIt, `${provider.base_url.replace(/\/$/, '')}/chat/completions`, call);
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
  return { body: body.data, tokens: tokensOf(body.data) };
}

async function sent(fetchIt: typeof fetch, url: string, call: ProviderCall): Promise<Response> {
  try {
    return await fetchIt(url, {
      method: 'POST',
      signal: call.signal,
      headers: {
        'content-type': 'application/json',
        ...(call.key === undefined ? {} : { authorization: `Bearer ${call.key}` }),
      },
      body: JSON.stringify(bodyFor(url, call)),
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

/** OpenAI's own models take only the new name of the limit, on its regional addresses and Azure's too; others only the old one. */
function bodyFor(url: string, { model, request, maxOutput }: ProviderCall): Record<string, unknown> {
  const { max_tokens: _, max_completion_tokens: __, ...rest }: CompletionRequest = request;
  const openai = /(^|\.)api\.openai\.com$|\.openai\.azure\.com$/.test(new URL(url).hostname);
  return {
    ...rest,
    model: model.name,
    stream: false,
    [openai ? 'max_completion_tokens' : 'max_tokens']: maxOutput,
  };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
