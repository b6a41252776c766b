import type { AttemptToken, AttemptTokens } from '#core/ports/attempt-tokens';
import type { Clock } from '#core/ports/clock';
import type { DynamoTable } from './dynamo-table.ts';
import { tokenKey } from './keys.ts';
import { ownRow } from './own-row.ts';
import { secondsOf } from './ttl.ts';

/** Tokens by their hash: a lookup by key compares nothing secret, so there is no comparison to time. */
export function dynamoAttemptTokens({ table, clock }: { table: DynamoTable; clock: Clock }): AttemptTokens {
  return {
    put: (token) => table.put({ ...tokenKey(token.sha256), ...token, ttl: secondsOf(token.expires_at) }),
    async find(sha256) {
      const item = await table.get(tokenKey(sha256));
      if (!item) return undefined;
      const token = ownRow<AttemptToken>(item);
      return token.expires_at > clock.at() ? token : undefined;
    },
    revoke: (sha256) => table.remove(tokenKey(sha256)),
  };
}
