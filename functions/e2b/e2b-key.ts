import type { Secrets } from '#functions/aws/secrets';

/** The provider's key. Whoever pastes a secret into a console often takes a line break along. */
export function e2bKey(secrets: Secrets, name: string): () => Promise<string> {
  return async () => (await secrets.text(name)).trim();
}
