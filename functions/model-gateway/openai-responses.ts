import * as z from 'zod';
import type { CompletionRequest } from './completion-request.ts';
import { tokensOf } from './openai-usage.ts';
import { type ProviderAnswer, type ProviderCall, UnknownOutcome } from './provider.ts';
import { type TextMessage, textMessages } from './text-messages.ts';

/**
 * A chat completion as OpenAI's Responses take it. Nothing is stored there: what was thought comes encrypted and goes back
 * with the next turn. https://developers.openai.com/api/docs/guides/reasoning?api-mode=responses#encrypted-reasoning-items
 */
export function responsesBody({ model, request, maxOutput }: ProviderCall): Record<string, unknown> {
  const { tools, tool_choice, parallel_tool_calls, reasoning_effort } = request;
  return {
    model: model.name,
    input: textMessages(request.messages).flatMap(inputItems),
    max_output_tokens: maxOutput,
    store: false,
    stream: false,
    include: ['reasoning.encrypted_content'],
    ...(tools && { tools: tools.map(toolOf), tool_choice: toolChoice(tool_choice) }),
    ...(parallel_tool_calls !== undefined && { parallel_tool_calls }),
    ...(reasoning_effort !== undefined && { reasoning: { effort: reasoning_effort } }),
  };
}

function inputItems(message: TextMessage): Array<Record<string, unknown>> {
  const { role, content } = message;
  if (role === 'tool') return [{ type: 'function_call_output', call_id: message.tool_call_id, output: content }];
  if (role !== 'assistant') return [{ role, content }];
  if (message.response_items) return message.response_items;
  const calls = (message.tool_calls ?? []).map(({ id, function: call }) => ({
    type: 'function_call',
    call_id: id,
    ...call,
  }));
  return [...(content ? [{ role, content }] : []), ...calls];
}

function toolOf({ function: described }: NonNullable<CompletionRequest['tools']>[number]): object {
  // Strict is what this API does by itself: it refuses schemas that chat completions take.
  return { strict: false, ...(described as object), type: 'function' };
}

function toolChoice(choice: unknown): unknown {
  const name = (choice as { function?: { name?: unknown } } | undefined)?.function?.name;
  return name === undefined ? (choice ?? 'auto') : { type: 'function', name };
}

const Part = z.object({ type: z.string(), text: z.string().optional(), refusal: z.string().optional() });
const Item = z.looseObject({
  type: z.string(),
  content: z.array(Part).nullish(),
  call_id: z.string().optional(),
  name: z.string().optional(),
  arguments: z.string().optional(),
});
type Item = z.infer<typeof Item>;
const Details = z.looseObject({}).nullish();
const Answer = z.object({
  id: z.string(),
  output: z.array(Item),
  incomplete_details: z.object({ reason: z.string() }).nullish(),
  usage: z
    .object({
      input_tokens: z.number(),
      output_tokens: z.number(),
      total_tokens: z.number().nullish(),
      input_tokens_details: Details,
    })
    .nullish(),
});

/** A response as a chat completion. */
export function completionOf({ model }: ProviderCall, response: Record<string, unknown>): ProviderAnswer {
  const answer = Answer.safeParse(response);
  if (!answer.success) {
    throw new UnknownOutcome(`The answer of ${model.provider.name} could not be read.`, { cause: answer.error });
  }
  const { id, output, incomplete_details, usage } = answer.data;
  const message = messageOf(output);
  const body = {
    id,
    object: 'chat.completion',
    model: `${model.provider.name}/${model.name}`,
    choices: [{ index: 0, message, finish_reason: finishReason(message, incomplete_details?.reason) }],
    ...(usage && {
      usage: {
        prompt_tokens: usage.input_tokens,
        completion_tokens: usage.output_tokens,
        total_tokens: usage.total_tokens,
        prompt_tokens_details: usage.input_tokens_details,
      },
    }),
  };
  return { body, tokens: tokensOf(body) };
}

function messageOf(output: Item[]) {
  const parts = output.flatMap(({ type, content }) => (type === 'message' ? (content ?? []) : []));
  const text = parts.map((part) => part.text ?? '').join('');
  const refusal = parts.map((part) => part.refusal ?? '').join('');
  const tool_calls = output.flatMap(({ type, call_id, name, arguments: given = '' }) =>
    type === 'function_call' ? [{ id: call_id, type: 'function', function: { name, arguments: given } }] : [],
  );
  return {
    role: 'assistant',
    content: text === '' ? null : text,
    ...(refusal !== '' && { refusal }),
    ...(tool_calls.length > 0 && { tool_calls }),
    // An id is looked up among what is stored: https://github.com/langchain-ai/langchain/pull/38372
    response_items: output.map(({ id: _, status: __, ...item }) => item),
  };
}

function finishReason(message: ReturnType<typeof messageOf>, incomplete: string | undefined): string {
  if (incomplete === 'max_output_tokens') return 'length';
  if (incomplete === 'content_filter') return 'content_filter';
  return message.tool_calls ? 'tool_calls' : 'stop';
}
