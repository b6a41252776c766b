import { easeOff } from '#core/workflow/limits';

/** What a provider without a slot has taught: so many sandboxes lived when it refused one more. */
export interface Easing {
  to: number;
  /** Of the newest refusal, ISO 8601. */
  at: string;
}

/**
 * The limit of a scope by now: for five minutes after the newest refusal what was there then, after that two more with
 * each minute, up to what it is set to. `age`: production seconds since the refusal.
 */
export function easedLimit(limit: number, easing: Easing | undefined, age: number): number {
  if (easing === undefined) return limit;
  const minutes = Math.max(0, Math.floor((age - easeOff.holdSeconds) / 60));
  return Math.min(limit, easing.to + minutes * easeOff.growsPerMinute);
}
