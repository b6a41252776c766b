import type { JobEvent, NewEvent } from '#core/job/milestone';

export interface LogTail {
  /** 0 when empty. */
  seq: number;
  /** Highest src_seq in the log, by source. */
  cursor: Record<string, number>;
}

/** A job's log: gapless order, each source event exactly once, nothing acknowledged is ever lost. */
export interface EventLog {
  /** Strongly consistent. */
  tail(tenant: string, jobId: string): Promise<LogTail>;
  /**
   * Appends what is not in yet, in order, and returns only that, with its seq. Events of one source must be offered in
   * order without gaps. On a conflict it reads the tail again; it returns only after the write.
   */
  append(tenant: string, jobId: string, events: NewEvent[]): Promise<JobEvent[]>;
  /** Events after `after`, in order. */
  read(tenant: string, jobId: string, after: number, limit: number): Promise<JobEvent[]>;
}
