import type { SandboxKey } from '#core/ids';

/** What an attempt token allows. Only the sha256 of the token is stored. */
export interface AttemptToken {
  sha256: string;
  tenant: string;
  job_id: string;
  session_id: string;
  key: SandboxKey;
  attempt: number;
  round: number;
  dispatch: number;
  /** May it call the model gateway, with which model, up to what. Absent in verify and judge. */
  gateway?: { model: string; cost_usd: number; steps: number };
  /** ISO 8601 */
  expires_at: string;
}

export interface AttemptTokens {
  put(token: AttemptToken): Promise<void>;
  /** Strongly consistent; undefined when unknown, revoked or expired. */
  find(sha256: string): Promise<AttemptToken | undefined>;
  /** Idempotent. */
  revoke(sha256: string): Promise<void>;
}
