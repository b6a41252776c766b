import { PatchbayError } from '#core/errors';
import { withoutKey } from './usable-key.ts';

export interface Upstream {
  provider: string;
  status: number;
  /** The header `retry-after`, as it came. */
  retryAfter: string | null | undefined;
  /** The provider's own sentence, if there is one. */
  said: string | undefined;
  /** What it was asked with: providers quote what they were sent, and a refusal goes to the sandbox and the log. */
  key: string | undefined;
  /** And its word for the reason. */
  code?: string | number | null | undefined;
}

/** A provider's refusal as ours. Its words go on only where they help: those about keys may quote them. */
export function upstreamRefusal({ provider, status, retryAfter, said, key, code }: Upstream): PatchbayError {
  if (status === 401 || status === 403) {
    return new PatchbayError('unprocessable', `The provider ${provider} refused this installation’s key.`, {
      remedy: 'Put a key that it takes, for this model, into the model-keys secret, then retry.',
    });
  }
  if (status < 400) {
    return new PatchbayError('unprocessable', `The address of the provider ${provider} redirects (${status}).`, {
      remedy: 'Give the address that it redirects to as base_url: the key is sent nowhere else.',
    });
  }
  const why = said === undefined ? '.' : `: ${withoutKey(said, key).slice(0, 500)}`;
  if (status === 402 || code === 'insufficient_quota') {
    return new PatchbayError('unprocessable', `The account at the provider ${provider} has no credit left${why}`, {
      remedy: 'Add credit there, or choose a model of another provider.',
    });
  }
  const wait = { retryAfter: secondsOf(retryAfter, overloaded.includes(status) ? 20 : 5) };
  // One request above the limit of a minute: it never fits.
  const tooLarge = status === 429 && /^request too large/i.test(said ?? '');
  if (status === 429 && !tooLarge)
    return new PatchbayError('too_many_requests', `The provider ${provider} limits the rate.`, wait);
  // 424: the model behind Bedrock failed (ModelErrorException).
  if (status >= 500 || status === 408 || status === 424) {
    return new PatchbayError('unavailable', `The provider ${provider} answered ${status}.`, wait);
  }
  return new PatchbayError('invalid_request', `The provider ${provider} answered ${status}${why}`);
}

export function unreachable(provider: string, cause: unknown): PatchbayError {
  return new PatchbayError('unavailable', `The provider ${provider} cannot be reached.`, { cause, retryAfter: 5 });
}

/** For minutes, mostly, and without a header: 529 is Anthropic's own. The agent's few tries are not to be over before. */
const overloaded = [503, 529];

/** Seconds or a date; at most two minutes, else the agent's own patience decides. */
function secondsOf(header: string | null | undefined, usual: number): number {
  const seconds = Number(header ?? Number.NaN);
  const wait = Number.isFinite(seconds) ? seconds : (Date.parse(header ?? '') - Date.now()) / 1_000;
  return Number.isFinite(wait) ? Math.min(120, Math.max(1, wait)) : usual;
}
