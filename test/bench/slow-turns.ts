import type { Turn } from '../support/scripted-model.ts';

/** The same turns, each answered after so long. */
export function slowly(turns: readonly Turn[], afterMs: number): Turn[] {
  return turns.map((next) => (afterMs === 0 ? next : { afterMs, next }));
}
