import type { Easing } from '#core/job/easing';

/** Rights to have one live sandbox each, as leases in a map per scope. A lease that has run out counts until it is swept. */
export interface Permits {
  /**
   * Takes all slots or none, in one write. Slots that are held already under these names count as taken.
   * False when the scope has no room for all.
   */
  acquire(scope: string, limit: number, slots: string[], expiresAt: string): Promise<boolean>;
  /** Rewrites the expiry of a slot that is held. False when it is not held: then nothing may be created on it. */
  renew(scope: string, slot: string, expiresAt: string): Promise<boolean>;
  /** Idempotent. */
  release(scope: string, slots: string[]): Promise<void>;
  /** slot → expiry (ISO), strongly consistent. */
  leases(scope: string): Promise<Record<string, string>>;
  /** Removes leases that ran out before `now` (ISO), each only if its expiry is still the one read. Returns the slots. */
  sweep(scope: string, now: string): Promise<string[]>;
  scopes(): Promise<string[]>;
  /** Notes a refusal of the provider. Of two the newer one stays; a scope that nobody ever held has none. */
  ease(scope: string, easing: Easing): Promise<void>;
  /** The newest refusal, strongly consistent. */
  easing(scope: string): Promise<Easing | undefined>;
}
