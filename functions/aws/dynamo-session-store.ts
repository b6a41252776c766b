import { PatchbayError } from '#core/errors';
import { Issue, Message, Session } from '#core/job/session';
import type { Page, SessionStore } from '#core/ports/session-store';
import { cursorAfter, readCursor } from './cursor.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';
import { indexKeys, issueKey, messageKey, prefixes, sessionKey } from './keys.ts';

export function dynamoSessionStore({ table }: { table: DynamoTable }): SessionStore {
  /** All rows of a session that begin so. */
  async function rows(tenant: string, sessionId: string, prefix: string, newest?: number): Promise<Item[]> {
    return await table.query({
      condition: (e) =>
        `${e.name('pk')} = ${e.value(sessionKey(tenant, sessionId).pk)} AND begins_with(${e.name('sk')}, ${e.value(prefix)})`,
      ...(newest !== undefined && { newestFirst: true, limit: newest }),
    });
  }

  return {
    async create(session) {
      // Ids are never reused: one that is there is this session, written by an earlier try.
      await table.putIf({
        ...sessionKey(session.tenant, session.id),
        ...session,
        tenant_pk: indexKeys.sessionsOfUser(session.tenant, session.user),
      });
    },
    async get(tenant, id) {
      const item = await table.get(sessionKey(tenant, id));
      return item && Session.parse(item);
    },
    list: (tenant, user, limit, cursor) => sessionPage(table, tenant, user, limit, cursor),

    async addMessage(tenant, message) {
      await table.put({ ...messageKey(tenant, message.session_id, message.created_at, message.id), ...message });
    },
    async messages(tenant, sessionId, limit) {
      const newestFirst = await rows(tenant, sessionId, prefixes.message, limit);
      return newestFirst.reverse().map((item) => Message.parse(item));
    },

    async addIssue(issue) {
      // A repeated write must not take `last_job` back.
      await table.putIf({ ...issueKey(issue.tenant, issue.session_id, issue.id), ...issue });
    },
    async issue(tenant, sessionId, id) {
      const item = await table.get(issueKey(tenant, sessionId, id));
      return item && Issue.parse(item);
    },
    async issues(tenant, sessionId, limit) {
      const all = (await rows(tenant, sessionId, prefixes.issue)).map((item) => Issue.parse(item));
      return all.sort((a, b) => (a.created_at + a.id < b.created_at + b.id ? -1 : 1)).slice(-limit);
    },
    async moveLastJob({ tenant, session_id, id }, expected, jobId) {
      const written = await table.update(issueKey(tenant, session_id, id), (e) => {
        const lastJob = e.name('last_job');
        const asExpected =
          expected === undefined ? `attribute_not_exists(${lastJob})` : `${lastJob} = ${e.value(expected)}`;
        return { set: [`${lastJob} = ${e.value(jobId)}`], when: `attribute_exists(${e.name('pk')}) AND ${asExpected}` };
      });
      return written !== undefined;
    },
    async setIssueDiff(tenant, sessionId, issueId, diff) {
      const written = await table.update(issueKey(tenant, sessionId, issueId), (e) => ({
        set: [`${e.name('diff')} = ${e.value(diff)}`],
        when: `attribute_exists(${e.name('pk')})`,
      }));
      if (!written) throw new PatchbayError('not_found', `there is no issue ${issueId}`);
    },
    async clearIssueDiff(tenant, sessionId, issueId, jobId) {
      await table.update(issueKey(tenant, sessionId, issueId), (e) => ({
        remove: [e.name('diff')],
        when: `${e.name('diff', 'job_id')} = ${e.value(jobId)}`,
      }));
    },
  };
}

async function sessionPage(
  table: DynamoTable,
  tenant: string,
  user: string,
  limit: number,
  cursor?: string,
): Promise<Page<Session>> {
  const partition = indexKeys.sessionsOfUser(tenant, user);
  const after = cursor === undefined ? undefined : readCursor(cursor);
  const entries = await table.query({
    index: 'byTenant',
    condition: (e) => `${e.name('tenant_pk')} = ${e.value(partition)}`,
    newestFirst: true,
    limit: limit + 1,
    ...(after && {
      startAfter: { ...sessionKey(tenant, after.id), tenant_pk: partition, created_at: after.created_at },
    }),
  });
  const items = await table.getAll(entries.slice(0, limit).map(({ pk, sk }) => ({ pk: String(pk), sk: String(sk) })));
  const sessions = items.map((item) => Session.parse(item));
  sessions.sort((a, b) => (a.created_at + a.id < b.created_at + b.id ? 1 : -1));
  const last = sessions.at(-1);
  return entries.length > limit && last ? { items: sessions, cursor: cursorAfter(last) } : { items: sessions };
}
