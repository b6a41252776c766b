import type { AnthropicProvider } from '@ai-sdk/anthropic';
import * as z from 'zod';
import { PatchbayError } from '#core/errors';
import type { CompletionRequest } from './completion-request.ts';

/** A model of the AI SDK, by one of its providers: the package with the types alone is not a dependency of ours. */
export type SdkModel = ReturnType<AnthropicProvider['languageModel']>;
export type SdkOptions = Parameters<SdkModel['doGenerate']>[0];
type Prompt = SdkOptions['prompt'];

const Text = z.union([
  z.string(),
  z
    .array(z.object({ type: z.literal('text'), text: z.string() }))
    .transform((parts) => parts.map(({ text }) => text).join('\n')),
]);

/**
 * What a model thought, before its answer and between its calls, as its provider wants it back with the next turn: signed,
 * unchanged, and where it was (https://github.com/anthropics/claude-code/issues/63412). Chat completions have no place for
 * it: it travels in a field of the assistant's message, which runners send back as it came. `at`: how many parts of the
 * message stood before it, the text being one and each call one.
 */
export const Reasoning = z.array(
  z.object({
    text: z.string(),
    at: z.int().nonnegative().default(0),
    metadata: z.record(z.string(), z.record(z.string(), z.json())).optional(),
  }),
);

const Message = z.discriminatedUnion('role', [
  z.object({ role: z.literal('system'), content: Text }),
  z.object({ role: z.literal('developer'), content: Text }),
  z.object({ role: z.literal('user'), content: Text }),
  z.object({
    role: z.literal('assistant'),
    content: Text.nullish(),
    reasoning_parts: Reasoning.optional(),
    tool_calls: z
      .array(z.object({ id: z.string(), function: z.object({ name: z.string(), arguments: z.string() }) }))
      .nullish(),
  }),
  z.object({ role: z.literal('tool'), content: Text, tool_call_id: z.string() }),
]);
type Message = z.infer<typeof Message>;

/** Marks where a provider may keep the prompt so far: each turn of an agent repeats all earlier ones. */
const cachePoint = {
  anthropic: { cacheControl: { type: 'ephemeral' } },
  amazonBedrock: { cachePoint: { type: 'default' } },
};

/**
 * The messages of a chat completion as the AI SDK wants them, with cache points at the instructions and at the end.
 * @throws PatchbayError invalid_request for content that is not text
 */
export function sdkPrompt(messages: CompletionRequest['messages'], cached: boolean): Prompt {
  const parsed = z.array(Message).safeParse(messages);
  if (!parsed.success) {
    const at = parsed.error.issues[0]?.path.join('.') ?? '';
    throw new PatchbayError('invalid_request', `This provider takes text messages alone; messages.${at} is none.`);
  }
  const names = toolNames(parsed.data);
  const prompt = parsed.data.map((message) => sdkMessage(message, names));
  if (!cached) return prompt;
  const marks = new Set([prompt.findLastIndex(({ role }) => role === 'system'), prompt.length - 1]);
  return prompt.map((message, index) => (marks.has(index) ? { ...message, providerOptions: cachePoint } : message));
}

function toolNames(messages: Message[]): ReadonlyMap<string, string> {
  const calls = messages.flatMap((message) => (message.role === 'assistant' ? (message.tool_calls ?? []) : []));
  return new Map(calls.map((call) => [call.id, call.function.name]));
}

function sdkMessage(message: Message, names: ReadonlyMap<string, string>): Prompt[number] {
  switch (message.role) {
    case 'system':
    case 'developer':
      return { role: 'system', content: message.content };
    case 'user':
      return { role: 'user', content: [{ type: 'text', text: message.content }] };
    case 'assistant':
      return { role: 'assistant', content: assistantParts(message) };
    case 'tool': {
      const { tool_call_id: toolCallId, content: value } = message;
      const toolName = names.get(toolCallId) ?? 'unknown';
      return {
        role: 'tool',
        content: [{ type: 'tool-result', toolCallId, toolName, output: { type: 'text', value } }],
      };
    }
  }
}

type AssistantParts = Extract<Prompt[number], { role: 'assistant' }>['content'];

function assistantParts(message: Extract<Message, { role: 'assistant' }>): AssistantParts {
  const thoughts = (message.reasoning_parts ?? []).map(({ text, at, metadata }) => {
    return { at, part: { type: 'reasoning' as const, text, ...(metadata && { providerOptions: metadata }) } };
  });
  const calls = (message.tool_calls ?? []).map(({ id, function: call }) => ({
    type: 'tool-call' as const,
    toolCallId: id,
    toolName: call.name,
    input: json(call.arguments),
  }));
  // Providers refuse empty texts.
  const text = message.content ? [{ type: 'text' as const, text: message.content }] : [];
  const parts = [...text, ...calls];
  const thoughtAt = (from: number, to: number) =>
    thoughts.flatMap(({ at, part }) => (at >= from && at < to ? [part] : []));
  return [
    ...parts.flatMap((part, index) => [...thoughtAt(index, index + 1), part]),
    ...thoughtAt(parts.length, Number.POSITIVE_INFINITY),
  ];
}

/** A model's own broken arguments go back to it as it wrote them: as a text in an object, which every provider takes. */
function json(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : { value };
  } catch {
    return { text };
  }
}
