import type { Clock } from '#core/ports/clock';

/** Production seconds since a time (ISO 8601, of any precision); negative when it is yet to come. */
export function ageSeconds(clock: Pick<Clock, 'now' | 'timeScale'>, since: string): number {
  return ((clock.now() - Date.parse(since)) / 1_000) * clock.timeScale;
}
