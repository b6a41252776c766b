import { type Tokens, tokensIn } from '#core/use-cases/model-cost';

/**
 * What an answer counts as. By its size, where a provider reports no tokens, or such as cannot be: a budget that counts
 * nothing would be none, and a fraction would make the attempt's row unreadable for good.
 */
export function countedTokens(
  reported: Tokens | undefined,
  promptBytes: number,
  body: Record<string, unknown>,
): Tokens {
  if (reported !== undefined && isPossible(reported)) return reported;
  const output = tokensIn(Buffer.byteLength(JSON.stringify(body.choices ?? '')));
  return { input: tokensIn(promptBytes), cached: 0, written: 0, output };
}

/** No prompt is empty: servers that do not count say 0. */
function isPossible({ input, cached, written, output }: Tokens): boolean {
  return input > 0 && [input, cached, written, output].every((count) => Number.isSafeInteger(count) && count >= 0);
}
