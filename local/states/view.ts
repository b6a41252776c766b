import type { JsonObject } from '#local/parts';
import { contextOf } from './context.ts';
import type { View } from './decision.ts';
import { flowAt, type State, stateOf } from './definition.ts';
import type { Execution, Thread } from './execution.ts';
import type { Bindings } from './expression.ts';
import type { Turn } from './turn.ts';

export function currentState(execution: Execution, thread: Thread): State {
  return stateOf(flowAt(execution.machine, thread.path), thread.visit.state);
}

/** `$states`, with what a state has brought about where it has: `result` or `errorOutput`. */
export function bindingsOf(execution: Execution, thread: Thread, state: State, more: JsonObject = {}): Bindings {
  const { phase, input } = thread.visit;
  const token = phase.kind === 'calling' ? phase.token : null;
  const context = contextOf(execution, thread, state, token);
  return { states: { input, context, ...more }, variables: thread.variables };
}

export function viewOf(turn: Turn, thread: Thread, state: State): View {
  const { env, now, execution } = turn;
  const bindings = bindingsOf(execution, thread, state);
  return { visit: thread.visit, bindings, now, timeScale: env.timeScale, mint: env.mint };
}
