import type { Json } from '#local/parts';
import { DATA_LIMIT, StateFailure } from './failure.ts';

/** UTF-8 bytes of JSON that AWS lets through between states, into and out of a task, and into one Assign. */
export const MAX_BYTES = 262_144;

export function sizeOf(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/**
 * @param fromTask a result of the task itself: States.ALL catches that (recorded on AWS), though the documentation says
 * that it catches no States.DataLimitExceeded.
 * @throws StateFailure States.DataLimitExceeded
 */
export function checkSize(value: Json, what: string, fromTask = false): void {
  if (sizeOf(value) <= MAX_BYTES) return;
  const cause = `The state/task '${what}' returned a result with a size exceeding the maximum number of bytes service limit.`;
  throw new StateFailure(DATA_LIMIT, cause, { fromTask });
}
