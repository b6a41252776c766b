import type { Decision, View } from './decision.ts';
import type { ChoiceState } from './definition.ts';
import { evaluateAs } from './expression.ts';
import { RUNTIME, StateFailure } from './failure.ts';

/** The first rule whose condition holds, with its own Output and Assign; the state's own pair serves the Default. */
export async function decideChoice(state: ChoiceState, view: View): Promise<Decision> {
  const fallback = view.visit.input;
  for (const [i, rule] of state.Choices.entries()) {
    const holds = await evaluateAs('boolean', rule.Condition, `Choices[${i}]/Condition`, view.bindings);
    if (holds) return { kind: 'exit', exit: { from: rule, at: `Choices[${i}]/`, fallback, next: rule.Next } };
  }
  if (state.Default !== undefined) {
    return { kind: 'exit', exit: { from: state, at: '', fallback, next: state.Default } };
  }
  // Recorded on AWS; the States.NoChoiceMatched of the documentation is not what it answers.
  const cause = 'Failed to transition out of the state. The state does not point to a next state.';
  throw new StateFailure(RUNTIME, cause);
}
