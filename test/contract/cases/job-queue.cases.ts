import { describe, expect } from 'vitest';
import { anId } from '#test/support/builders';
import { caseOf, type Subject } from '../case.ts';

export function jobQueueCases(subject: Subject): void {
  const it = caseOf(subject);

  describe('the job queue', () => {
    it('brings each message, whatever the tenant is called', async ({ queue, received }) => {
      const messages = ['acme', 'mit Leerzeichen', 'ü#/'.repeat(60)].map((tenant, n) => ({
        tenant,
        job_id: anId('j', n + 1),
        round: 1,
      }));

      for (const message of messages) await queue.send(message);

      const bodies = (await received()).map((body) => JSON.stringify(body));
      expect(bodies.sort()).toEqual(messages.map((body) => JSON.stringify(body)).sort());
    });
  });
}
