import type { Json } from '#local/parts';
import type { Decision, View } from './decision.ts';
import type { FailState } from './definition.ts';
import { evaluateAs } from './expression.ts';
import { StateFailure } from './failure.ts';

export async function decideFail(state: FailState, view: View): Promise<Decision> {
  const text = async (field: Json | undefined, location: string) =>
    field === undefined ? undefined : evaluateAs('string', field, location, view.bindings);
  const error = await text(state.Error, 'Error');
  const cause = await text(state.Cause, 'Cause');
  return { kind: 'fail', failure: new StateFailure(error ?? null, cause, { fromTask: true }) };
}
