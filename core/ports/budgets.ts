/** Money per scope and day, in micro-dollars as integers: sums stay exact. */
export interface Budgets {
  /** Reserves for a job; true also when it had reserved already. False when the cap would be passed. */
  reserve(scope: string, day: string, jobId: string, microUsd: number, capMicroUsd: number): Promise<boolean>;
  /** Removes the reservation and adds what was spent, in one conditional write; repeating it does nothing. */
  settle(scope: string, day: string, jobId: string, spentMicroUsd: number): Promise<void>;
  spent(scope: string, day: string): Promise<{ spent: number; reserved: number }>;
}

/** An attempt's own meter: one model call in flight, reserved before it and settled after it. */
export interface Meter {
  /**
   * Reserves one call's maximum. `steps` and `cost`: the cap that would be passed; `busy`: another call is in flight
   * (and younger than `staleAfter`, ISO).
   */
  open(
    key: { tenant: string; job_id: string; attempt: number },
    call: { id: string; at: string; max_micro_usd: number },
    limits: { micro_usd: number; calls: number; staleBefore: string },
  ): Promise<'ok' | 'steps' | 'cost' | 'busy'>;
  /** Replaces the reservation by what it cost; `counted` false (the provider never answered) frees the step too. Returns the totals. */
  settle(
    key: { tenant: string; job_id: string; attempt: number },
    callId: string,
    used: { micro_usd: number; input: number; output: number; cached: number; counted: boolean },
  ): Promise<{ calls: number; cost_usd: number }>;
  /**
   * Of an attempt that ended, its tokens revoked: a call still in flight is written off at its maximum, and settling it later
   * does nothing. Returns the totals, which nothing changes any more.
   */
  close(key: { tenant: string; job_id: string; attempt: number }): Promise<{ calls: number; cost_usd: number }>;
}
