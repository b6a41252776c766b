import { describe, expect } from 'vitest';
import { anAttemptToken, aTicket } from '#test/support/builders';
import { caseOf, type Subject } from '../case.ts';

export function tokensCases(subject: Subject): void {
  const it = caseOf(subject);

  describe('attempt tokens', () => {
    it('are found by their hash until they run out', async ({ attemptTokens, clock }) => {
      const token = anAttemptToken({ expires_at: clock.at(60) });
      await attemptTokens.put(token);

      expect(await attemptTokens.find(token.sha256)).toEqual(token);
      expect(await attemptTokens.find('d'.repeat(64))).toBeUndefined();
      clock.advanceSeconds(60);
      expect(await attemptTokens.find(token.sha256)).toBeUndefined();
    });

    it('are gone once revoked', async ({ attemptTokens }) => {
      const { gateway: _, ...token } = anAttemptToken();
      await attemptTokens.put(token);
      expect(await attemptTokens.find(token.sha256)).toEqual(token);

      await attemptTokens.revoke(token.sha256);
      await attemptTokens.revoke(token.sha256);

      expect(await attemptTokens.find(token.sha256)).toBeUndefined();
    });
  });

  describe('tickets', () => {
    it('are consumed once', async ({ tickets }) => {
      await tickets.put(aTicket());

      const consumed = await Promise.all([1, 2, 3].map(() => tickets.consume(aTicket().sha256)));

      expect(consumed.filter((ticket) => ticket !== undefined)).toEqual([aTicket()]);
      expect(await tickets.consume(aTicket().sha256)).toBeUndefined();
    });

    it('run out', async ({ tickets, clock }) => {
      await tickets.put(aTicket({ expires_at: clock.at(30) }));
      clock.advanceSeconds(30);

      expect(await tickets.consume(aTicket().sha256)).toBeUndefined();
    });
  });
}
