import type { Json } from '#local/parts';
import type { Decision, View } from './decision.ts';
import type { MapState } from './definition.ts';
import { evaluate, evaluateAs, mismatch, refused } from './expression.ts';
import { QUERY, StateFailure } from './failure.ts';

/** AWS runs at most so many iterations of an inline Map at once, whatever MaxConcurrency says. */
const MAX_CONCURRENCY = 40;

export async function decideMap(state: MapState, view: View): Promise<Decision> {
  const items = state.Items === undefined ? arrayInput(view.visit.input) : await itemsOf(state.Items, view);
  const asked = await concurrency(state.MaxConcurrency, view);
  return { kind: 'spawn', items, limit: asked === 0 ? MAX_CONCURRENCY : Math.min(asked, MAX_CONCURRENCY) };
}

function itemsOf(field: Json, view: View): Promise<Json[]> {
  return evaluateAs('array', field, 'Items', view.bindings);
}

function arrayInput(input: Json): Json[] {
  if (Array.isArray(input)) return input;
  throw new StateFailure(QUERY, `Map state input must be an array but was: ${JSON.stringify(input)}`, { location: '' });
}

async function concurrency(field: Json | undefined, view: View): Promise<number> {
  if (field === undefined) return 0;
  const value = await evaluate(field, 'MaxConcurrency', view.bindings);
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  const why = `returned an unexpected result type. ${mismatch('non-negative integer', value)}`;
  throw refused(field, 'MaxConcurrency', why);
}
