import * as z from 'zod';

const Dollars = z.number().nonnegative();

/** Without a name and password: fetch takes none, and quotes them in its error. */
const Address = z
  .url({ protocol: /^https?$/ })
  .refine((url) => !URL.canParse(url) || new URL(url).username + new URL(url).password === '', {
    error: 'no name or password in an address: a key stands in the model-keys secret',
  });

/** Model providers are a table; models are `provider/model`. Prices in US dollars per million tokens. */
export const ModelProvider = z.object({
  name: z.string().regex(/^[a-z0-9][a-z0-9_-]*$/),
  kind: z.enum(['openai-compatible', 'anthropic', 'bedrock', 'replay']),
  /** Of the OpenAI-compatible API, without `/chat/completions`. */
  base_url: Address.optional(),
  /** Name of the key in the model-keys secret; absent: no key is sent. */
  key: z.string().optional(),
  models: z
    .array(
      z.object({
        name: z.string(),
        input: Dollars,
        output: Dollars,
        /** Input that the provider had in its cache. */
        cached: Dollars,
        /** Input that it writes there. Absent: a quarter more than `input` at Anthropic and Bedrock, else as much. */
        written: Dollars.optional(),
        source: z.string(),
      }),
    )
    .default([]),
});
export type ModelProvider = z.infer<typeof ModelProvider>;

/**
 * The `MODEL_PROVIDERS` variable: rows beside the built-in ones, of which a row replaces the one of its name; or `only`
 * these, where a text names a built-in row.
 */
export const MoreProviders = z.array(ModelProvider);
export const OnlyProviders = z.strictObject({ only: z.array(z.union([z.string(), ModelProvider])) });
