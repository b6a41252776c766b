import type { AttemptToken, AttemptTokens } from '#core/ports/attempt-tokens';
import type { Clock } from '#core/ports/clock';
import { clone } from './clone.ts';

export interface FakeAttemptTokens extends AttemptTokens {
  stored: Map<string, AttemptToken>;
}

export function fakeAttemptTokens(clock: Clock): FakeAttemptTokens {
  const stored = new Map<string, AttemptToken>();
  return {
    stored,
    async put(token) {
      stored.set(token.sha256, clone(token));
    },
    async find(sha256) {
      const token = stored.get(sha256);
      return token && token.expires_at > clock.at() ? clone(token) : undefined;
    },
    async revoke(sha256) {
      stored.delete(sha256);
    },
  };
}
