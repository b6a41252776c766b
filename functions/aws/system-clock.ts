import { randomId, randomToken } from '#core/ids';
import type { Clock } from '#core/ports/clock';

export function systemClock(timeScale: number): Clock {
  return {
    timeScale,
    now: () => Date.now(),
    at: (productionSeconds = 0) => new Date(Date.now() + (productionSeconds * 1_000) / timeScale).toISOString(),
    randomToken,
    randomId,
  };
}
