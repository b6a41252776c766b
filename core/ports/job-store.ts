import type { Job } from '#core/job/job';
import type { JobStatus } from '#core/job/lifecycle';

/** What a status write may change beside the status; `null` removes the attribute. */
export type JobChanges = {
  [K in keyof Omit<Job, 'id' | 'tenant' | 'status' | 'v' | 'transitions' | 'created_at'>]?: Job[K] | null;
};

export interface JobKey {
  tenant: string;
  id: string;
}

/** Job rows. Every read by key is strongly consistent; every read of a list is a hint: read the row before acting. */
export interface JobStore {
  get(tenant: string, id: string): Promise<Job | undefined>;
  /** False when the id is taken: nothing was written. */
  create(job: Job): Promise<boolean>;
  /**
   * The only way to write a status: legal by the table, on the row exactly as it was read (`status` and `v`), with one
   * more entry in `transitions` (carrying `data`) and the outbox mark set (the log has to follow).
   * @throws LostRace when the row is no longer as `job` says
   */
  transition(job: Job, to: JobStatus, changes: JobChanges, data?: Record<string, unknown>): Promise<Job>;
  /** Changes other attributes while the status is still `job.status`. @throws LostRace when it is not */
  change(job: Job, changes: JobChanges): Promise<Job>;
  /** Takes the dispatcher's claim on a queued row whose claim is free or run out. @throws LostRace */
  claim(job: Job, by: string, until: string): Promise<Job>;
  /** Removes the outbox mark if it is still this one: a newer mark stays. */
  clearOutbox(key: JobKey, mark: string): Promise<void>;
  /** Newest first. `cursor` is opaque. */
  list(
    tenant: string,
    filter: { session_id?: string; status?: JobStatus },
    limit: number,
    cursor?: string,
  ): Promise<{ jobs: Job[]; cursor?: string }>;
  /** Marks set before `before` (ISO), oldest first. */
  outboxDue(before: string, limit: number): Promise<JobKey[]>;
  /** The tenant's line: oldest first. */
  waiting(tenant: string, limit: number): Promise<Array<JobKey & { since: string }>>;
  waitingTenants(): Promise<string[]>;
  /** All rows that have not ended and wait for nobody, by deadline: those due before `before`. */
  deadlineDue(before: string, limit: number): Promise<JobKey[]>;
}
