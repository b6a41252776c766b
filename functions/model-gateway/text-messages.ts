import * as z from 'zod';
import { PatchbayError } from '#core/errors';
import type { CompletionRequest } from './completion-request.ts';

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
const Reasoning = z.array(
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
    /** The same of OpenAI's Responses: all of its answer's items, as they go back. */
    response_items: z.array(z.looseObject({ type: z.string() })).optional(),
    tool_calls: z
      .array(z.object({ id: z.string(), function: z.object({ name: z.string(), arguments: z.string() }) }))
      .nullish(),
  }),
  z.object({ role: z.literal('tool'), content: Text, tool_call_id: z.string() }),
]);
export type TextMessage = z.infer<typeof Message>;

/**
 * The messages of a chat completion, for a provider that speaks another protocol.
 * @throws PatchbayError invalid_request for content that is not text
 */
export function textMessages(messages: CompletionRequest['messages']): TextMessage[] {
  const parsed = z.array(Message).safeParse(messages);
  if (parsed.success) return parsed.data;
  const at = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new PatchbayError('invalid_request', `This provider takes text messages alone; messages.${at} is none.`);
}
