import * as z from 'zod';

/** Model providers are a table; models are `provider/model`. Prices in US dollars per million tokens. */
export const ModelProvider = z.object({
  name: z.string().regex(/^[a-z0-9][a-z0-9_-]*$/),
  kind: z.enum(['openai-compatible', 'anthropic', 'bedrock', 'replay']),
  /** Of the OpenAI-compatible API, without `/chat/completions`. */
  base_url: z.url().optional(),
  /** Name of the key in the model-keys secret; absent: no key is sent. */
  key: z.string().optional(),
  models: z
    .array(
      z.object({ name: z.string(), input: z.number(), output: z.number(), cached: z.number(), source: z.string() }),
    )
    .default([]),
});
export type ModelProvider = z.infer<typeof ModelProvider>;

/** The `MODEL_PROVIDERS` variable: a JSON array. */
export const ModelProviders = z.array(ModelProvider);
