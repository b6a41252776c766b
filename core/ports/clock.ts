/** Time and chance, so that use cases are repeatable in tests. */
export interface Clock {
  /** ms since the epoch */
  now(): number;
  /** 1 in production; see `core/workflow/limits.ts`. */
  readonly timeScale: number;
  /** ISO 8601 of `now` plus this many production seconds. */
  at(productionSeconds?: number): string;
  randomToken(): string;
  randomId(prefix: string): string;
}
