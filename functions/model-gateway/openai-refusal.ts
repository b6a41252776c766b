import * as z from 'zod';
import type { Upstream } from './upstream-refusal.ts';

const Code = z.union([z.string(), z.number()]).nullish().catch(undefined);
/** OpenAI, most others; xAI, Ollama's own API; older vLLM; servers made with FastAPI. */
const Refusal = z.union([
  z.object({ error: z.object({ message: z.string(), code: Code }) }).transform(({ error }) => error),
  z.object({ error: z.string(), code: Code }).transform(({ error, code }) => ({ message: error, code })),
  z.object({ message: z.string(), code: Code }),
  z.object({ detail: z.string() }).transform(({ detail }) => ({ message: detail, code: undefined })),
]);

/** The provider's own words, in the forms that there are. */
export function refusalIn(body: unknown): Pick<Upstream, 'said' | 'code'> {
  const { message: said, code } = Refusal.safeParse(body).data ?? {};
  return { said, code };
}

/**
 * Of an answer with status 200: OpenRouter sends it before the model behind it has answered, and then an error in the place
 * of `choices`, its code a status: https://openrouter.ai/docs/api-reference/errors. One with tokens was billed: it is an
 * answer, however poor.
 */
export function lateRefusalIn(body: Record<string, unknown>): Pick<Upstream, 'said' | 'code' | 'status'> | undefined {
  if (body.error === undefined || body.error === null || body.choices !== undefined) return undefined;
  if (typeof body.usage === 'object' && body.usage !== null) return undefined;
  const { said, code } = refusalIn(body);
  // Of a failed response: https://platform.openai.com/docs/api-reference/responses/object#responses/object-error
  if (code === 'rate_limit_exceeded') return { said, code, status: 429 };
  return { said, code, status: typeof code === 'number' && code >= 400 && code < 600 ? code : 502 };
}
