import * as z from 'zod';

/** Tokens of an answer: what a call gets that asks for nothing, and the most that one may ask for. */
export const outputTokens = { default: 8_192, max: 32_000 } as const;

/**
 * The part of a chat completion's request that goes on. What is not named here stays behind: it could multiply the cost
 * (`n`, `service_tier`), leave the budget (`web_search_options`), or change the form of the answer (`stream`).
 * Messages and tools pass as they are: nothing is re-encoded.
 */
export const CompletionRequest = z.object({
  messages: z
    .array(z.looseObject({ role: z.string() }))
    .min(1)
    .max(4_000),
  tools: z
    .array(z.looseObject({ type: z.literal('function') }))
    .max(32)
    .optional(),
  tool_choice: z.unknown().optional(),
  parallel_tool_calls: z.boolean().optional(),
  temperature: z.number().min(0).max(2).optional(),
  top_p: z.number().min(0).max(1).optional(),
  seed: z.int().optional(),
  stop: z
    .union([z.string(), z.array(z.string()).max(4)])
    .nullable()
    .optional(),
  reasoning_effort: z.string().max(20).optional(),
  max_tokens: z.int().positive().optional(),
  max_completion_tokens: z.int().positive().optional(),
});
export type CompletionRequest = z.infer<typeof CompletionRequest>;

export function outputAskedFor({ max_tokens, max_completion_tokens }: CompletionRequest): number {
  return Math.min(max_completion_tokens ?? max_tokens ?? outputTokens.default, outputTokens.max);
}
