import type { Price } from '#core/models';

/** Tokens of one call. `input` is all of the prompt; `cached` and `written` (to the provider's cache) are parts of it. */
export interface Tokens {
  input: number;
  cached: number;
  written: number;
  output: number;
}

/** A price of 1 dollar per million tokens is 1 micro-dollar per token. Unpriced models cost nothing here. */
export function microCost(price: Price | undefined, { input, cached, written, output }: Tokens): number {
  if (price === undefined) return 0;
  const plain = Math.max(0, input - cached - written);
  return Math.ceil(plain * price.input + cached * price.cached + written * price.written + output * price.output);
}

/** The most that a call may cost: nothing of its prompt is cached, and all of it may be written to the cache. */
export function mostMicroCost(price: Price | undefined, { input, output }: Pick<Tokens, 'input' | 'output'>): number {
  const costs = [0, input].map((written) => microCost(price, { input, cached: 0, written, output }));
  return Math.max(...costs);
}

/** More than a prompt of this size has in any language of code or prose we met (about 3.3 bytes a token), for a reservation. */
export function tokensIn(bytes: number): number {
  return Math.ceil(bytes / 3);
}
