import type { Decision, View } from './decision.ts';
import type { ParallelState } from './definition.ts';
import { evaluate } from './expression.ts';

/** Every branch starts at once, each with the same input. */
export async function decideParallel(state: ParallelState, view: View): Promise<Decision> {
  const input =
    state.Arguments === undefined ? view.visit.input : await evaluate(state.Arguments, 'Arguments', view.bindings);
  return { kind: 'spawn', items: state.Branches.map(() => input), limit: state.Branches.length };
}
