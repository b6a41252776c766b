import type { AttemptToken, AttemptTokens } from '#core/ports/attempt-tokens';
import type { Clock } from '#core/ports/clock';
import type { DynamoTable } from './dynamo-table.ts';
import { tokenKey } from './keys.ts';
import { secondsOf } from './ttl.ts';

/** Tokens by their hash: a lookup by key compares nothing secret, so there is no comparison to time. */
export function dynamoAttemptTokens({ table, clock }: { table: DynamoTable; clock: Clock }): AttemptTokens {
  return {
    put: (token) => table.put({ ...tokenKey(token.sha256), ...token, ttl: secondsOf(token.expires_at) }),
    async find(sha256) {
      const item = await table.get(tokenKey(sha256));
      if (!item) return undefined;
      // No other code writes this row than the one beside this: its shape is not checked again.
      const { pk: _pk, sk: _sk, ttl: _ttl, ...token } = item as unknown as AttemptToken & Record<string, unknown>;
      return token.expires_at > clock.at() ? token : undefined;
    },
    revoke: (sha256) => table.remove(tokenKey(sha256)),
  };
}
