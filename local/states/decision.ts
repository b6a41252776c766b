import type { Json, JsonObject } from '#local/parts';
import type { Catcher, ChoiceRule, State } from './definition.ts';
import type { Calling, Visit } from './execution.ts';
import type { Bindings } from './expression.ts';
import type { StateFailure } from './failure.ts';

/** What a state can see when it decides. */
export interface View {
  visit: Visit;
  bindings: Bindings;
  now: number;
  timeScale: number;
  mint(): string;
}

/** How a state is left: whose Output and Assign count, and where they stand in the definition. */
export interface Exit {
  from: Pick<ChoiceRule | Catcher | Exclude<State, { Type: 'Fail' }>, 'Output' | 'Assign'>;
  /** Prefix of the field's location, e.g. `Choices[1]/`. */
  at: string;
  /** The output where the state names none. */
  fallback: Json;
  /** null: the thread ends here. */
  next: string | null;
}

/** What a state wants done on entry, or on a retry. */
export type Decision =
  | { kind: 'exit'; exit: Exit }
  | { kind: 'sleep'; until: number }
  | { kind: 'call'; call: Calling; scheduled: JsonObject }
  | { kind: 'spawn'; items: Json[]; limit: number }
  | { kind: 'fail'; failure: StateFailure };

export function exitOf(state: Exclude<State, { Type: 'Fail' | 'Choice' }>, fallback: Json): Exit {
  const next = state.Type === 'Succeed' ? null : (state.Next ?? null);
  return { from: state, at: '', fallback, next };
}
