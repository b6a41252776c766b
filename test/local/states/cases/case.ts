import type { Json, JsonObject } from '#local/parts';
import type { FunctionTable } from '#local/states/function-table';

/** One small machine and what AWS makes of it. */
export interface Case {
  name: string;
  machine: JsonObject;
  /** Default `{}`. */
  input?: Json;
  functions?: FunctionTable;
  /** Default SUCCEEDED, or FAILED where an error is expected. */
  status?: string;
  output?: Json;
  error?: string;
  /** Exact, or a part of it. */
  cause?: string | RegExp;
  /** Types of all history events. */
  types?: string[];
  /** `previousEventId` of all history events. */
  previous?: number[];
  /** Parts that the first event of a type must have. */
  events?: Record<string, JsonObject>;
  /** Calls of functions, in order: names, or payloads where given as `[name, payload]`. */
  calls?: (string | [string, Json])[];
  /** What came of the tokens, by call. */
  sent?: string[][];
  /**
   * Where the expectation stands: the specification (https://states-language.net/spec.html) and the developer guide, or a
   * recorded run on AWS. Default: the specification.
   */
  source?: 'spec' | 'recorded';
}

export const INVOKE = 'arn:aws:states:::lambda:invoke';
export const TOKEN = `${INVOKE}.waitForTaskToken`;

/** A machine whose first state is the first named. */
export function machine(States: Record<string, JsonObject>, more: JsonObject = {}): JsonObject {
  return { QueryLanguage: 'JSONata', ...more, ...flow(States) };
}

export function flow(States: Record<string, JsonObject>): JsonObject {
  return { StartAt: Object.keys(States)[0] ?? '', States };
}

/** A machine of one state, `S`. */
export function one(state: JsonObject): JsonObject {
  return machine({ S: end(state) });
}

export function end(state: JsonObject): JsonObject {
  return { ...state, End: true };
}

export function pass(more: JsonObject = {}): JsonObject {
  return { Type: 'Pass', ...more };
}

/** A task whose function gets the state's input, unless it gets another payload. */
export function task(FunctionName: string, more: JsonObject = {}, Payload: Json = '{% $states.input %}'): JsonObject {
  return { Type: 'Task', Resource: INVOKE, Arguments: { FunctionName, Payload }, ...more };
}

/** As task, with the function's answer alone for output. */
export function call(FunctionName: string, more: JsonObject = {}, Payload?: Json): JsonObject {
  return task(FunctionName, { Output: '{% $states.result.Payload %}', ...more }, Payload);
}

export function tokenTask(FunctionName: string, more: JsonObject = {}): JsonObject {
  return {
    Type: 'Task',
    Resource: TOKEN,
    Arguments: { FunctionName, Payload: { token: '{% $states.context.Task.Token %}', input: '{% $states.input %}' } },
    TimeoutSeconds: 60,
    HeartbeatSeconds: 30,
    ...more,
  };
}

export function map(States: Record<string, JsonObject>, more: JsonObject = {}): JsonObject {
  return { Type: 'Map', ItemProcessor: { ProcessorConfig: { Mode: 'INLINE' }, ...flow(States) }, ...more };
}

export function parallel(branches: Record<string, JsonObject>[], more: JsonObject = {}): JsonObject {
  return { Type: 'Parallel', Branches: branches.map(flow), ...more };
}

export function choice(Choices: JsonObject[], more: JsonObject = {}): JsonObject {
  return { Type: 'Choice', Choices, ...more };
}

export const ANY_ERROR = ['States.ALL'];

export function boom(errorType = 'Boom'): { throws: JsonObject } {
  return { throws: { errorType, errorMessage: 'it broke' } };
}
