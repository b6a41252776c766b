import type { Decision, View } from './decision.ts';
import type { WaitState } from './definition.ts';
import { evaluate, evaluateAs, mismatch, refused } from './expression.ts';

/** RFC 3339 with a capital T and an offset: without either AWS refuses the value. */
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

export async function decideWait(state: WaitState, view: View): Promise<Decision> {
  const ms = state.Timestamp === undefined ? await fromSeconds(state, view) : await fromTimestamp(state, view);
  return { kind: 'sleep', until: view.now + Math.max(0, ms) / view.timeScale };
}

async function fromSeconds(state: WaitState, view: View): Promise<number> {
  const field = state.Seconds ?? null;
  const value = await evaluate(field, 'Seconds', view.bindings);
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 99_999_999) return value * 1000;
  const why = `returned an unexpected result type. ${mismatch('non-negative integer', value)}`;
  throw refused(field, 'Seconds', why);
}

async function fromTimestamp(state: WaitState, view: View): Promise<number> {
  const field = state.Timestamp ?? null;
  const value = await evaluateAs('string', field, 'Timestamp', view.bindings);
  const at = TIMESTAMP.test(value) ? Date.parse(value) : Number.NaN;
  if (!Number.isNaN(at)) return at - view.now;
  throw refused(field, 'Timestamp', `is not a valid ISO-8601 extended offset date-time format string: ${value}`);
}
