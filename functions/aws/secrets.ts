import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { PatchbayError } from '#core/errors';

const keptMs = 5 * 60_000;

/** Secrets by name or ARN, kept for five minutes: a rotated key is in use by then. */
export interface Secrets {
  /** @throws PatchbayError internal when it has no value yet; Error when it is binary */
  text(name: string): Promise<string>;
  /** A secret that is a JSON object of strings. @throws PatchbayError unprocessable, without any part of the value */
  keys(name: string): Promise<Record<string, string>>;
}

export function secretsManager({ client, now }: { client: SecretsManagerClient; now: () => number }): Secrets {
  const kept = new Map<string, { until: number; value: Promise<string> }>();

  async function fetchText(name: string): Promise<string> {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: name })).catch((error) => {
      if (!(error instanceof ResourceNotFoundException)) throw error;
      throw new PatchbayError('internal', `The secret ${short(name)} has no value yet: docs/deploy.md, Keys.`, {
        cause: error,
      });
    });
    if (SecretString === undefined) throw new Error(`the secret ${name} is not a text`);
    return SecretString;
  }

  async function text(name: string): Promise<string> {
    const known = kept.get(name);
    if (known && known.until > now()) return await known.value;
    const value = fetchText(name);
    kept.set(name, { until: now() + keptMs, value });
    // A failure is not kept: the next call asks again.
    value.catch(() => kept.delete(name));
    return await value;
  }

  return {
    text,
    async keys(name) {
      const parsed = z.record(z.string(), z.string()).safeParse(parseJson(await text(name)));
      if (parsed.success) return parsed.data;
      throw new PatchbayError('unprocessable', `The secret ${short(name)} is not a JSON object of texts.`, {
        remedy: 'Put {"<provider>": "<key>"} there: docs/deploy.md, Keys. It is read again within five minutes.',
      });
    },
  };
}

/** Of an ARN the name alone: people of any tenant may read it. */
function short(name: string): string {
  return name.replace(/^arn:.*:secret:/, '');
}

function parseJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    // The parser's message quotes its input, which is a secret.
    return undefined;
  }
}
