import { describe, expect } from 'vitest';
import { aMessage, anId, anIssue, aSession, tenant, user } from '#test/support/builders';
import { caseOf, type Subject } from '../case.ts';

export function sessionStoreCases(subject: Subject): void {
  const it = caseOf(subject);
  const sessionId = anId('s');
  const idOf = ({ id }: { id: string }) => id;

  describe('sessions', () => {
    it('keeps a session; creating it again changes nothing', async ({ sessions }) => {
      await sessions.create(aSession());
      await sessions.create(aSession({ title: 'Another' }));

      expect(await sessions.get(tenant, sessionId)).toEqual(aSession());
      expect(await sessions.get('other', sessionId)).toBeUndefined();
    });

    it('lists those of one user, newest first, page by page', async ({ sessions, clock }) => {
      for (const n of [1, 2, 3]) await sessions.create(aSession({ id: anId('s', n), created_at: clock.at(n) }));
      await sessions.create(aSession({ id: anId('s', 4), user: 'eve' }));
      await sessions.create(aSession({ id: anId('s', 5), tenant: 'other' }));

      const first = await sessions.list(tenant, user, 2);
      const second = await sessions.list(tenant, user, 2, first.cursor);

      expect(first.items.map(idOf)).toEqual([anId('s', 3), anId('s', 2)]);
      expect(second.items.map(idOf)).toEqual([anId('s', 1)]);
      expect(second.cursor).toBeUndefined();
      await expect(sessions.list(tenant, user, 2, 'nonsense')).rejects.toMatchObject({ code: 'invalid_request' });
    });

    it('gives the newest messages, in order of time', async ({ sessions, clock }) => {
      for (const n of [3, 1, 2]) {
        await sessions.addMessage(tenant, aMessage({ id: anId('m', n), text: `${n}`, created_at: clock.at(n) }));
      }
      await sessions.addMessage(tenant, aMessage({ id: anId('m', 4), session_id: anId('s', 2) }));

      expect((await sessions.messages(tenant, sessionId, 10)).map(({ text }) => text)).toEqual(['1', '2', '3']);
      expect((await sessions.messages(tenant, sessionId, 2)).map(({ text }) => text)).toEqual(['2', '3']);
      expect(await sessions.messages('other', sessionId, 2)).toEqual([]);
    });

    it('takes a repeated message once', async ({ sessions }) => {
      const message = aMessage({ job_id: anId('j') });
      await sessions.addMessage(tenant, message);
      await sessions.addMessage(tenant, message);

      expect(await sessions.messages(tenant, sessionId, 10)).toEqual([message]);
    });

    it('keeps issues in order of time', async ({ sessions, clock }) => {
      for (const n of [2, 1, 3]) await sessions.addIssue(anIssue({ id: anId('i', n), created_at: clock.at(n) }));

      expect((await sessions.issues(tenant, sessionId, 10)).map(idOf)).toEqual([1, 2, 3].map((n) => anId('i', n)));
      expect(await sessions.issue(tenant, sessionId, anId('i', 2))).toMatchObject({ id: anId('i', 2) });
      expect(await sessions.issue(tenant, anId('s', 2), anId('i', 2))).toBeUndefined();
      expect(await sessions.issue('other', sessionId, anId('i', 2))).toBeUndefined();
    });

    it('moves the last job from what is expected alone', async ({ sessions }) => {
      const issue = anIssue();
      const [one, two, three] = [anId('j', 1), anId('j', 2), anId('j', 3)];
      expect(await sessions.moveLastJob(issue, undefined, one)).toBe(false);
      await sessions.addIssue(issue);

      const racing = await Promise.all([
        sessions.moveLastJob(issue, undefined, one),
        sessions.moveLastJob(issue, undefined, one),
      ]);
      expect(racing.filter((moved) => moved)).toHaveLength(1);
      expect(await sessions.moveLastJob(issue, two, three)).toBe(false);
      expect(await sessions.moveLastJob(issue, one, two)).toBe(true);
      await sessions.addIssue(issue);

      expect((await sessions.issue(tenant, sessionId, issue.id))?.last_job).toBe(two);
    });

    it('notes the newest diff of an issue', async ({ sessions }) => {
      const diff = { job_id: anId('j'), files: 1, insertions: 2, deletions: 3, summary: 'src/total.ts' };
      await sessions.addIssue(anIssue());

      await sessions.setIssueDiff(tenant, sessionId, anId('i'), diff);

      expect(await sessions.issue(tenant, sessionId, anId('i'))).toEqual(anIssue({ diff }));
      await expect(sessions.setIssueDiff(tenant, sessionId, anId('i', 9), diff)).rejects.toMatchObject({
        code: 'not_found',
      });
    });

    it('takes a diff off an issue for the job that put it there alone', async ({ sessions }) => {
      const diff = { job_id: anId('j'), files: 1, insertions: 2, deletions: 3, summary: 'src/total.ts' };
      await sessions.addIssue(anIssue());
      await sessions.clearIssueDiff(tenant, sessionId, anId('i'), anId('j'));
      await sessions.setIssueDiff(tenant, sessionId, anId('i'), diff);

      await sessions.clearIssueDiff(tenant, sessionId, anId('i'), anId('j', 2));
      expect((await sessions.issue(tenant, sessionId, anId('i')))?.diff).toEqual(diff);
      await sessions.clearIssueDiff(tenant, sessionId, anId('i'), anId('j'));
      expect(await sessions.issue(tenant, sessionId, anId('i'))).toEqual(anIssue());
      await sessions.clearIssueDiff(tenant, sessionId, anId('i', 9), anId('j'));
      expect(await sessions.issue(tenant, sessionId, anId('i', 9))).toBeUndefined();
    });
  });
}
