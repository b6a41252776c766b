import { PatchbayError } from '#core/errors';
import { bareError } from './bare-error.ts';
import type { CompletionRequest } from './completion-request.ts';
import { neverSent } from './never-sent.ts';
import { type ProviderAnswer, type ProviderCall, UnknownOutcome } from './provider.ts';
import { type SdkModel, type SdkOptions, sdkPrompt } from './sdk-prompt.ts';
import { unreachable, upstreamRefusal } from './upstream-refusal.ts';
import { withoutKey } from './usable-key.ts';
import { withoutRedirects } from './without-redirects.ts';

type SdkResult = Awaited<ReturnType<SdkModel['doGenerate']>>;

/** How a kind makes its model, which is to call by this fetch. `cached`: whether it takes cache points. */
interface Sdk {
  model(wire: typeof fetch): SdkModel;
  cached: boolean;
}

/** One call to a model of the AI SDK, written as a chat completion. No retries: the agent makes them. */
export async function completedBy(
  fetchIt: typeof fetch,
  { model, cached }: Sdk,
  call: ProviderCall,
): Promise<ProviderAnswer> {
  let sent = false;
  const wire = withoutRedirects((url, init) => {
    sent = true;
    return fetchIt(url, init);
  });
  const options = callOptions(call, cached);
  try {
    return answer(call, await model(wire).doGenerate(options));
  } catch (error) {
    throw sent || call.signal.aborted ? failure(call, error) : notMade(call, error);
  }
}

function callOptions({ request, maxOutput, signal }: ProviderCall, cached: boolean): SdkOptions {
  const { temperature, top_p: topP, stop } = request;
  const stopSequences = typeof stop === 'string' ? [stop] : stop;
  return {
    prompt: sdkPrompt(request.messages, cached),
    maxOutputTokens: maxOutput,
    abortSignal: signal,
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(stopSequences && { stopSequences }),
    ...(request.tools && { tools: toolsOf(request.tools), toolChoice: toolChoice(request.tool_choice) }),
  };
}

function toolsOf(tools: NonNullable<CompletionRequest['tools']>): NonNullable<SdkOptions['tools']> {
  return tools.map((tool) => {
    const { name, description, parameters } = (tool.function ?? {}) as Record<string, unknown>;
    if (typeof name !== 'string') throw new PatchbayError('invalid_request', 'A tool needs a function with a name.');
    const inputSchema = (parameters ?? { type: 'object', properties: {} }) as { type: 'object' };
    return { type: 'function', name, inputSchema, ...(typeof description === 'string' && { description }) };
  });
}

function toolChoice(choice: unknown): NonNullable<SdkOptions['toolChoice']> {
  if (choice === 'none' || choice === 'required') return { type: choice };
  const toolName = (choice as { function?: { name?: unknown } } | undefined)?.function?.name;
  return typeof toolName === 'string' ? { type: 'tool', toolName } : { type: 'auto' };
}

const finishReasons: Partial<Record<string, string>> = {
  'tool-calls': 'tool_calls',
  length: 'length',
  'content-filter': 'content_filter',
};

function answer({ model }: ProviderCall, result: SdkResult): ProviderAnswer {
  const { content, usage, finishReason, response } = result;
  const text = content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
  const tool_calls = content.flatMap((part) => (part.type === 'tool-call' ? [toolCall(part)] : []));
  const reasoning_parts = reasoningOf(content);
  const input = usage.inputTokens.total ?? 0;
  const output = usage.outputTokens.total ?? 0;
  const cached = usage.inputTokens.cacheRead ?? 0;
  const message = {
    role: 'assistant',
    content: text === '' ? null : text,
    ...(tool_calls.length > 0 && { tool_calls }),
    ...(reasoning_parts.length > 0 && { reasoning_parts }),
  };
  return {
    body: {
      id: response?.id ?? 'unnamed',
      object: 'chat.completion',
      model: `${model.provider.name}/${model.name}`,
      choices: [{ index: 0, message, finish_reason: finishReasons[finishReason.unified] ?? 'stop' }],
      usage: {
        prompt_tokens: input,
        completion_tokens: output,
        total_tokens: input + output,
        prompt_tokens_details: { cached_tokens: cached },
      },
    },
    tokens:
      usage.inputTokens.total === undefined
        ? undefined
        : { input, output, cached, written: usage.inputTokens.cacheWrite ?? 0 },
  };
}

/** As `Reasoning` takes it back. */
function reasoningOf(content: SdkResult['content']) {
  const before = (index: number) => {
    const types = content.slice(0, index).map(({ type }) => type);
    return Number(types.includes('text')) + types.filter((type) => type === 'tool-call').length;
  };
  return content.flatMap((part, index) => {
    if (part.type !== 'reasoning') return [];
    const { text, providerMetadata: metadata } = part;
    return [{ text, at: before(index), ...(metadata && { metadata }) }];
  });
}

function toolCall({ toolCallId, toolName, input }: { toolCallId: string; toolName: string; input: string }) {
  return { id: toolCallId, type: 'function', function: { name: toolName, arguments: input } };
}

/** By the SDK itself, e.g. for want of credentials or of a region: nothing that could have been billed. */
function notMade({ model, key }: ProviderCall, error: unknown): PatchbayError {
  const why = withoutKey(error instanceof Error ? error.message : String(error), key).slice(0, 500);
  return new PatchbayError('unprocessable', `The provider ${model.provider.name} could not be called: ${why}`, {
    cause: bareError(error),
  });
}

/** The SDK's APICallError, by its shape: its class may exist twice in a bundle. */
function failure({ model, signal, key }: ProviderCall, error: unknown): unknown {
  if (error instanceof PatchbayError) return error;
  const { name } = model.provider;
  const cause = bareError(error);
  if (signal.aborted) return new UnknownOutcome(`The provider ${name} did not answer in time.`, { cause });
  const {
    statusCode: status,
    responseHeaders,
    message,
  } = error as Partial<{
    statusCode: number;
    responseHeaders: Record<string, string>;
    message: string;
  }>;
  if (status !== undefined && status >= 300) {
    return upstreamRefusal({
      provider: name,
      key,
      status,
      retryAfter: responseHeaders?.['retry-after'],
      said: message,
    });
  }
  if (neverSent(error) || neverSent((error as Error).cause ?? error)) return unreachable(name, cause);
  return new UnknownOutcome(`The answer of ${name} could not be read.`, { cause });
}
