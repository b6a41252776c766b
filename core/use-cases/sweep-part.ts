import type { World } from '#core/ports/world';

/** Everything but what works inside sandboxes and on code hosts. */
export type SweepWorld = Omit<World, 'sandboxLease' | 'codeHost'>;

/** What a part of the sweep found, by name; those of `core/telemetry.ts` become metrics, all stand in the log line. */
export type Swept = Record<string, number>;

/** What the log line of a job's row that failed is found by. */
export const ofJob = ({ tenant, id }: { tenant: string; id: string }) => ({ tenant, job_id: id });

/** Runs `act` for each; one that fails is noted, as `named`, and counted as `failures`, the others go on. */
export async function eachOf<T>(
  world: Pick<World, 'note'>,
  items: readonly T[],
  named: (item: T) => Record<string, string | undefined>,
  act: (item: T) => Promise<void>,
): Promise<number> {
  let failures = 0;
  for (const item of items) {
    try {
      await act(item);
    } catch (error) {
      failures += 1;
      world.note('one item of the sweep failed', { level: 'warning', ...named(item), error });
    }
  }
  return failures;
}
