import type { Json, JsonObject } from '#local/parts';

/**
 * A state machine as the Amazon States Language writes it (https://states-language.net/spec.html), restricted to what the
 * linter lets through: JSONata alone, inline Map, Lambda tasks. Every other module may rely on these shapes.
 */
export interface Machine extends Flow {
  Comment?: string;
  TimeoutSeconds?: number;
}

/** A set of states with an entry: the machine itself, a branch of a Parallel, or the processor of a Map. */
export interface Flow {
  StartAt: string;
  States: Record<string, State>;
}

export type State =
  | TaskState
  | MapState
  | ParallelState
  | ChoiceState
  | WaitState
  | PassState
  | SucceedState
  | FailState;

interface Transition {
  Next?: string;
  End?: true;
}

interface Outcome {
  Output?: Json;
  Assign?: JsonObject;
}

interface Recovery {
  Retry?: Retrier[];
  Catch?: Catcher[];
}

export interface Retrier {
  ErrorEquals: string[];
  IntervalSeconds?: number;
  MaxAttempts?: number;
  BackoffRate?: number;
  MaxDelaySeconds?: number;
  JitterStrategy?: 'FULL' | 'NONE';
}

export interface Catcher extends Outcome {
  ErrorEquals: string[];
  Next: string;
}

export interface TaskState extends Transition, Outcome, Recovery {
  Type: 'Task';
  Resource: string;
  Arguments?: Json;
  TimeoutSeconds?: Json;
  HeartbeatSeconds?: Json;
}

export interface MapState extends Transition, Outcome, Recovery {
  Type: 'Map';
  Items?: Json;
  ItemSelector?: Json;
  MaxConcurrency?: Json;
  ItemProcessor: Flow;
}

export interface ParallelState extends Transition, Outcome, Recovery {
  Type: 'Parallel';
  Branches: Flow[];
  Arguments?: Json;
}

export interface ChoiceRule extends Outcome {
  Condition: Json;
  Next: string;
}

export interface ChoiceState extends Outcome {
  Type: 'Choice';
  Choices: ChoiceRule[];
  Default?: string;
}

export interface WaitState extends Transition, Outcome {
  Type: 'Wait';
  Seconds?: Json;
  Timestamp?: Json;
}

export interface PassState extends Transition, Outcome {
  Type: 'Pass';
}

export interface SucceedState extends Outcome {
  Type: 'Succeed';
}

export interface FailState {
  Type: 'Fail';
  Error?: Json;
  Cause?: Json;
}

/** One step down from a flow to a flow inside it: the processor of a Map, or one branch of a Parallel. */
export interface Descent {
  state: string;
  /** null for a Map. */
  branch: number | null;
}

/** The flow at the end of a path from the machine's own states. */
export function flowAt(machine: Machine, path: readonly Descent[]): Flow {
  let flow: Flow = machine;
  for (const step of path) flow = flowInside(stateOf(flow, step.state), step);
  return flow;
}

export function stateOf(flow: Flow, name: string): State {
  const state = flow.States[name];
  if (!state) throw new Error(`the definition has no state '${name}'`);
  return state;
}

function flowInside(state: State, step: Descent): Flow {
  const inner =
    state.Type === 'Map' ? state.ItemProcessor : state.Type === 'Parallel' && state.Branches[step.branch ?? -1];
  if (!inner) throw new Error(`the state '${step.state}' has no flow ${step.branch ?? ''}`);
  return inner;
}
