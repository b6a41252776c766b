import type { Issue, Message, Session } from '#core/job/session';

export interface Page<T> {
  items: T[];
  cursor?: string;
}

/** Sessions with their messages and issues; strongly consistent. Every key carries the tenant. */
export interface SessionStore {
  create(session: Session): Promise<void>;
  get(tenant: string, id: string): Promise<Session | undefined>;
  /** The user's, newest first. */
  list(tenant: string, user: string, limit: number, cursor?: string): Promise<Page<Session>>;
  addMessage(tenant: string, message: Message): Promise<void>;
  /** In order of time. */
  messages(tenant: string, sessionId: string, limit: number): Promise<Message[]>;
  addIssue(issue: Issue): Promise<void>;
  issue(tenant: string, sessionId: string, id: string): Promise<Issue | undefined>;
  issues(tenant: string, sessionId: string, limit: number): Promise<Issue[]>;
  /** `last_job`: from `expected` (undefined = none yet) to `jobId`. False when it was not as expected. */
  moveLastJob(issue: Issue, expected: string | undefined, jobId: string): Promise<boolean>;
  setIssueDiff(tenant: string, sessionId: string, issueId: string, diff: NonNullable<Issue['diff']>): Promise<void>;
  /** Nothing happens where the issue has no diff, or that of another job. */
  clearIssueDiff(tenant: string, sessionId: string, issueId: string, jobId: string): Promise<void>;
}
