import type { Attempt, SandboxRow } from '#core/job/job';
import type { AttemptStatus } from '#core/job/lifecycle';

export type AttemptChanges = {
  [K in keyof Omit<Attempt, 'job_id' | 'tenant' | 'n' | 'status' | 'v' | 'transitions' | 'created_at'>]?:
    | Attempt[K]
    | null;
};

/** Attempt rows of a job; strongly consistent. */
export interface AttemptStore {
  get(tenant: string, jobId: string, n: number): Promise<Attempt | undefined>;
  /** By number. All rounds. */
  list(tenant: string, jobId: string): Promise<Attempt[]>;
  /** Writes those that do not exist yet. */
  createMissing(attempts: Attempt[]): Promise<void>;
  /** As JobStore.transition, without an outbox mark: the step that writes it appends it and is retried as a whole. @throws LostRace */
  transition(
    attempt: Attempt,
    to: AttemptStatus,
    changes: AttemptChanges,
    data?: Record<string, unknown>,
  ): Promise<Attempt>;
  /** Changes other attributes whatever the status is. */
  change(attempt: Pick<Attempt, 'tenant' | 'job_id' | 'n'>, changes: AttemptChanges): Promise<void>;
}

export type SandboxChanges = { [K in keyof Omit<SandboxRow, 'job_id' | 'tenant' | 'key'>]?: SandboxRow[K] | null };

/** Sandbox rows of a job: the nonce is written before the create, so that no sandbox is ever unknown. */
export interface SandboxStore {
  get(tenant: string, jobId: string, key: string): Promise<SandboxRow | undefined>;
  list(tenant: string, jobId: string): Promise<SandboxRow[]>;
  /**
   * Writes the row of a sandbox to be created. One of the same dispatch that stands there already is returned as it is
   * (a repeated step); one of an earlier dispatch is replaced.
   */
  begin(row: SandboxRow): Promise<SandboxRow>;
  /** On the row with this nonce. @throws LostRace when another dispatch has replaced it */
  change(row: SandboxRow, changes: SandboxChanges): Promise<SandboxRow>;
}
