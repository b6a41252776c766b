export interface JobMessage {
  tenant: string;
  job_id: string;
  round: number;
}

/** At least once, in no order; readers are idempotent. */
export interface JobQueue {
  send(message: JobMessage): Promise<void>;
}
