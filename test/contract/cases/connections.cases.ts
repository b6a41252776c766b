import { describe, expect } from 'vitest';
import { aConnection, anId, tenant } from '#test/support/builders';
import { caseOf, type Subject } from '../case.ts';

export function connectionsCases(subject: Subject): void {
  const it = caseOf(subject);
  const sessionId = anId('s');

  describe('connections', () => {
    it('are found by id and by session', async ({ connections }) => {
      await connections.put(aConnection({ id: 'a=' }));
      await connections.put(aConnection({ id: 'b=' }));
      await connections.put(aConnection({ id: 'c=', tenant: 'other' }));

      expect(await connections.get('a=')).toEqual(aConnection({ id: 'a=' }));
      expect(await connections.get('x=')).toBeUndefined();
      expect((await connections.list(tenant, sessionId)).map(({ id }) => id).sort()).toEqual(['a=', 'b=']);
    });

    it('are removed by id alone, again and again', async ({ connections }) => {
      await connections.put(aConnection({ id: 'a=' }));

      await connections.remove('a=');
      await connections.remove('a=');

      expect(await connections.get('a=')).toBeUndefined();
      expect(await connections.list(tenant, sessionId)).toEqual([]);
    });

    it('are not listed once their auth has run out; reauth brings them back', async ({ connections, clock }) => {
      await connections.put(aConnection({ auth_exp: clock.at(60) }));
      clock.advanceSeconds(60);
      expect(await connections.list(tenant, sessionId)).toEqual([]);

      await connections.put(aConnection({ auth_exp: clock.at(60) }));

      expect(await connections.list(tenant, sessionId)).toHaveLength(1);
    });

    it('are not listed after two hours: no socket lives longer', async ({ connections, clock }) => {
      await connections.put(aConnection({ auth_exp: '2027-01-01T00:00:00.000Z' }));
      clock.advance(7_199_000);
      expect(await connections.list(tenant, sessionId)).toHaveLength(1);

      clock.advance(1_000);

      expect(await connections.list(tenant, sessionId)).toEqual([]);
    });

    it('say when the client has gone', async ({ connections, pushed, dropSocket }) => {
      expect(await connections.post('a=', { hello: 'ü' })).toBe('ok');
      dropSocket('a=');

      expect(await connections.post('a=', { hello: 2 })).toBe('gone');
      await connections.close('a=');
      expect(pushed()).toEqual([{ id: 'a=', message: { hello: 'ü' } }]);
    });
  });
}
