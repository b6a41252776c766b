import { canonicalJson } from '#core/canonical-json';
import { PatchbayError } from '#core/errors';

/**
 * What stands under an idempotency key, if it was made of this request. Answering it for another one would lose what
 * that one says, and look like a success.
 *
 * @throws PatchbayError conflict
 */
export function sameUnderKey<T>(stored: T, asked: Partial<T>, what: string): T {
  const fields = Object.keys(asked) as Array<keyof T>;
  if (fields.every((field) => canonicalJson(stored[field]) === canonicalJson(asked[field]))) return stored;
  throw new PatchbayError('conflict', `This Idempotency-Key made ${what} of another body.`, {
    remedy: 'Send a new Idempotency-Key with a new request; only a repeated request has the same one.',
  });
}
