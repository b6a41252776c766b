import * as z from 'zod';
import type { Tokens } from '#core/use-cases/model-cost';

const Count = z.number().nonnegative();
const Usage = z.object({
  prompt_tokens: Count,
  completion_tokens: Count,
  total_tokens: Count.nullish(),
  prompt_tokens_details: z.object({ cached_tokens: Count.nullish(), cache_write_tokens: Count.nullish() }).nullish(),
});

/** What a chat completion's `usage` says; undefined when it says nothing that can be read. */
export function tokensOf(body: Record<string, unknown>): Tokens | undefined {
  const usage = Usage.safeParse(body.usage);
  if (!usage.success) return undefined;
  const { prompt_tokens: input, completion_tokens, total_tokens, prompt_tokens_details: details } = usage.data;
  // Gemini and xAI bill what a model thought as output, and count it in the total alone.
  const output = Math.max(completion_tokens, (total_tokens ?? 0) - input);
  const cached = Math.min(input, details?.cached_tokens ?? 0);
  return { input, output, cached, written: Math.min(input - cached, details?.cache_write_tokens ?? 0) };
}
