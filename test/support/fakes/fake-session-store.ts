import { PatchbayError } from '#core/errors';
import type { Issue, Message, Session } from '#core/job/session';
import type { SessionStore } from '#core/ports/session-store';
import { clone } from './clone.ts';

export function fakeSessionStore(): SessionStore {
  const sessions = new Map<string, Session>();
  const messages = new Map<string, Message & { tenant: string }>();
  const issues = new Map<string, Issue>();
  const keyOf = (...parts: string[]) => JSON.stringify(parts);
  const issueKey = (issue: Pick<Issue, 'tenant' | 'session_id' | 'id'>) =>
    keyOf(issue.tenant, issue.session_id, issue.id);

  return {
    async create(session) {
      const key = keyOf(session.tenant, session.id);
      if (!sessions.has(key)) sessions.set(key, clone(session));
    },
    get: async (tenant, id) => clone(sessions.get(keyOf(tenant, id))),
    async list(tenant, user, limit, cursor) {
      const after = cursor === undefined ? 0 : Number(cursor);
      if (!Number.isInteger(after)) throw new PatchbayError('invalid_request', 'the cursor is not one of this list');
      const matching = [...sessions.values()]
        .filter((session) => session.tenant === tenant && session.user === user)
        .sort((a, b) => byTime(b, a));
      const items = clone(matching.slice(after, after + limit));
      return after + limit < matching.length ? { items, cursor: String(after + limit) } : { items };
    },
    async addMessage(tenant, message) {
      messages.set(keyOf(tenant, message.session_id, message.id), clone({ ...message, tenant }));
    },
    messages: async (tenant, sessionId, limit) =>
      [...messages.values()]
        .filter((message) => message.tenant === tenant && message.session_id === sessionId)
        .sort(byTime)
        .slice(-limit)
        .map(({ tenant: _, ...message }) => clone(message)),
    async addIssue(issue) {
      if (!issues.has(issueKey(issue))) issues.set(issueKey(issue), clone(issue));
    },
    issue: async (tenant, session_id, id) => clone(issues.get(issueKey({ tenant, session_id, id }))),
    issues: async (tenant, sessionId, limit) =>
      clone(
        [...issues.values()]
          .filter((issue) => issue.tenant === tenant && issue.session_id === sessionId)
          .sort(byTime)
          .slice(-limit),
      ),
    async moveLastJob(issue, expected, jobId) {
      const stored = issues.get(issueKey(issue));
      if (!stored || stored.last_job !== expected) return false;
      stored.last_job = jobId;
      return true;
    },
    async setIssueDiff(tenant, session_id, id, diff) {
      const stored = issues.get(issueKey({ tenant, session_id, id }));
      if (!stored) throw new PatchbayError('not_found', `there is no issue ${id}`);
      stored.diff = clone(diff);
    },
    async clearIssueDiff(tenant, session_id, id, jobId) {
      const stored = issues.get(issueKey({ tenant, session_id, id }));
      if (stored?.diff?.job_id === jobId) delete stored.diff;
    },
  };
}

function byTime(a: { created_at: string; id: string }, b: { created_at: string; id: string }): number {
  const [left, right] = [a.created_at + a.id, b.created_at + b.id];
  return left < right ? -1 : left > right ? 1 : 0;
}
