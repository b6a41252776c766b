import { describe, expect } from 'vitest';
import { ServerMessage } from '#core/api/socket-messages';
import { aConnection, aJobEvent, anId, tenant } from '#test/support/builders';
import { caseOf, type Subject } from '../case.ts';

export function liveCases(subject: Subject): void {
  const it = caseOf(subject);
  const [sessionId, jobId] = [anId('s'), anId('j')];
  const event = (seq: number, data = {}) => aJobEvent({ seq, src_seq: seq, data });

  describe('live', () => {
    it('pushes every event to every socket of the session, in order', async ({ live, connections, pushed }) => {
      for (const id of ['a=', 'b=']) await connections.put(aConnection({ id }));
      await connections.put(aConnection({ id: 'c=', session_id: anId('s', 2) }));

      await live.push(tenant, sessionId, jobId, [event(1), event(2)]);

      for (const id of ['a=', 'b=']) {
        const messages = pushed().filter((post) => post.id === id);
        expect(messages.map(({ message }) => ServerMessage.parse(message))).toMatchObject([
          { type: 'event', job_id: jobId, seq: 1, data: event(1) },
          { type: 'event', job_id: jobId, seq: 2, data: event(2) },
        ]);
      }
      expect(pushed()).toHaveLength(4);
    });

    it('forgets a socket that is gone, and still reaches the others', async ({
      live,
      connections,
      dropSocket,
      pushed,
    }) => {
      for (const id of ['a=', 'b=']) await connections.put(aConnection({ id }));
      dropSocket('a=');

      await live.push(tenant, sessionId, jobId, [event(1)]);

      expect(pushed().map(({ id }) => id)).toEqual(['b=']);
      expect((await connections.list(tenant, sessionId)).map(({ id }) => id)).toEqual(['b=']);
    });

    it('leaves out what is too long for a message', async ({ live, connections, pushed }) => {
      await connections.put(aConnection());

      await live.push(tenant, sessionId, jobId, [event(1, { text: 'x'.repeat(5_000) }), event(2)]);

      expect(pushed().map(({ message }) => ServerMessage.parse(message))).toMatchObject([{ seq: 2 }]);
    });
  });
}
