import { base32 } from '#core/ids';
import type { Clock } from '#core/ports/clock';

export interface FakeClock extends Clock {
  /** Milliseconds of the clock itself, whatever `timeScale` is. */
  advance(ms: number): void;
  /** Production seconds, as use cases count them. */
  advanceSeconds(productionSeconds: number): void;
}

/** Stands still; ids and tokens count up. */
export function fakeClock(timeScale = 1, start = Date.parse('2026-01-05T09:00:00.000Z')): FakeClock {
  let now = start;
  let count = 0;
  const bytes = (size: number) => {
    const all = new Uint8Array(size);
    new DataView(all.buffer).setUint32(size - 4, ++count);
    return all;
  };
  return {
    timeScale,
    now: () => now,
    at: (productionSeconds = 0) => new Date(now + (productionSeconds * 1_000) / timeScale).toISOString(),
    randomToken: () => base32(bytes(32)),
    randomId: (prefix) => prefix + base32(bytes(16)),
    advance(ms) {
      now += ms;
    },
    advanceSeconds(productionSeconds) {
      now += (productionSeconds * 1_000) / timeScale;
    },
  };
}
