import { setTimeout as sleep } from 'node:timers/promises';
import { PatchbayError } from '#core/errors';

/**
 * Repeats a read-then-conditional-write until it wins; `undefined` from `once` means that somebody else wrote in
 * between. Full jitter, because all losers of a round would meet again otherwise.
 * @throws PatchbayError unavailable after `times` lost rounds
 */
export async function untilWon<T>(what: string, once: () => Promise<T | undefined>, times = 12): Promise<T> {
  for (let lost = 0; lost < times; lost += 1) {
    const won = await once();
    if (won !== undefined) return won;
    await pause(lost);
  }
  throw new PatchbayError('unavailable', `${what}: too many writers at once`);
}

/** Up to 10 ms after the first lost round, up to 320 ms after the sixth and all later ones. */
export async function pause(lost: number): Promise<void> {
  await sleep(Math.random() * 10 * 2 ** Math.min(lost, 5));
}
