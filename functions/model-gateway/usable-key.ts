import { PatchbayError } from '#core/errors';

/**
 * A key as it stands in a secret, without the white space around it. One with a line end or another character that no
 * header takes is refused here: the error that fetch throws for it quotes it, and errors are logged with their causes.
 * @throws PatchbayError unprocessable
 */
export function usableKey(key: string, provider: string): string {
  const trimmed = key.trim();
  if (/^[\x21-\x7e]+$/.test(trimmed)) return trimmed;
  throw new PatchbayError(
    'unprocessable',
    `The key for the provider ${provider} has characters that no header takes.`,
    {
      remedy: 'Put the key alone, on one line, into the model-keys secret, then retry.',
    },
  );
}

/** Providers quote what they were sent. */
export function withoutKey(text: string, key: string | undefined): string {
  const parts = (key ?? '').split(':').filter((part) => part.length >= 4);
  return [key ?? '', ...parts].filter(Boolean).reduce((masked, part) => masked.replaceAll(part, '***'), text);
}
