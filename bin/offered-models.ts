import * as z from 'zod';
import type { ModelProvider } from '#core/job/provider';
import type { CheckOutcome } from '#functions/model-gateway/check-model';

/** Names of models without their provider, or why there is none to ask. */
export type Offered = { names: string[] } | { outcome: CheckOutcome | 'no model named'; detail: string };

const ListOfModels = z.object({ data: z.array(z.object({ id: z.string() })) });

/** What a provider could be asked with when nobody names a model: the cheapest of the catalogue, else the only one that it has. */
export async function offeredModel(
  { name, kind, base_url, models }: ModelProvider,
  key: string | undefined,
  fetchIt: typeof fetch,
): Promise<Offered> {
  const [cheapest] = [...models].sort((one, other) => one.input - other.input);
  if (cheapest) return { names: [cheapest.name] };
  if (kind !== 'openai-compatible' || base_url === undefined) return noneNamed(name, []);
  const response = await listed(base_url, key, fetchIt);
  if (response instanceof Error) return { outcome: 'unreachable', detail: `${base_url}: ${codeOf(response)}` };
  if (response.status === 401 || response.status === 403)
    return { outcome: 'key refused', detail: `HTTP ${response.status}` };
  const list = ListOfModels.safeParse(await response.json().catch(() => undefined));
  const names = list.success ? list.data.data.map(({ id }) => id) : [];
  return names.length === 1 ? { names } : noneNamed(name, names);
}

/** An error is an answer here: the list is a courtesy, and why it failed is what the check reports. */
async function listed(base_url: string, key: string | undefined, fetchIt: typeof fetch): Promise<Response | Error> {
  try {
    return await fetchIt(`${base_url.replace(/\/$/, '')}/models`, {
      headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
      redirect: 'error',
      signal: AbortSignal.timeout(10_000),
    });
  } catch (error) {
    return error as Error;
  }
}

/** The system's code. Not the message: that of a malformed header quotes the header. */
function codeOf({ name, cause }: Error): string {
  return (
    (cause as NodeJS.ErrnoException | undefined)?.code ?? (name === 'TimeoutError' ? 'no answer' : 'no connection')
  );
}

function noneNamed(provider: string, offered: readonly string[]): Offered {
  const some = offered.slice(0, 8).join(', ');
  const more = offered.length > 8 ? ` and ${offered.length - 8} more` : '';
  const has = some === '' ? '' : ` It has ${some}${more}.`;
  return { outcome: 'no model named', detail: `name one: --model ${provider}/<name>, or MODEL.${has}` };
}
