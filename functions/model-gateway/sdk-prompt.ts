import type { AnthropicProvider } from '@ai-sdk/anthropic';
import type { CompletionRequest } from './completion-request.ts';
import { type TextMessage, textMessages } from './text-messages.ts';

/** A model of the AI SDK, by one of its providers: the package with the types alone is not a dependency of ours. */
export type SdkModel = ReturnType<AnthropicProvider['languageModel']>;
export type SdkOptions = Parameters<SdkModel['doGenerate']>[0];
type Prompt = SdkOptions['prompt'];

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
  const texts = textMessages(messages);
  const names = toolNames(texts);
  const prompt = texts.map((message) => sdkMessage(message, names));
  if (!cached) return prompt;
  const marks = new Set([prompt.findLastIndex(({ role }) => role === 'system'), prompt.length - 1]);
  return prompt.map((message, index) => (marks.has(index) ? { ...message, providerOptions: cachePoint } : message));
}

function toolNames(messages: TextMessage[]): ReadonlyMap<string, string> {
  const calls = messages.flatMap((message) => (message.role === 'assistant' ? (message.tool_calls ?? []) : []));
  return new Map(calls.map((call) => [call.id, call.function.name]));
}

function sdkMessage(message: TextMessage, names: ReadonlyMap<string, string>): Prompt[number] {
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

function assistantParts(message: Extract<TextMessage, { role: 'assistant' }>): AssistantParts {
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
