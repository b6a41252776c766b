import type { JobEvent } from '#core/job/milestone';

/** Pushes to a session's sockets. A hint: failures are logged, never thrown; clients also read the log. */
export interface Live {
  push(tenant: string, sessionId: string, jobId: string, events: JobEvent[]): Promise<void>;
}

export interface Connection {
  id: string;
  tenant: string;
  user: string;
  session_id: string;
  /** ISO 8601: the socket outlives its ticket's JWT only until then. */
  auth_exp: string;
}

export interface Connections {
  put(connection: Connection): Promise<void>;
  /** By the socket's id alone. */
  get(id: string): Promise<Connection | undefined>;
  /** Idempotent. */
  remove(id: string): Promise<void>;
  /** Those whose auth has not run out. */
  list(tenant: string, sessionId: string): Promise<Connection[]>;
  /** gone: the socket is closed; remove its row. */
  post(id: string, message: unknown): Promise<'ok' | 'gone'>;
  close(id: string): Promise<void>;
}

export interface Ticket {
  sha256: string;
  tenant: string;
  user: string;
  session_id: string;
  auth_exp: string;
  expires_at: string;
}

export interface Tickets {
  put(ticket: Ticket): Promise<void>;
  /** Takes it out, once; undefined when unknown, used or expired. */
  consume(sha256: string): Promise<Ticket | undefined>;
}
