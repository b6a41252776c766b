import type { JsonObject } from '#local/parts';
import type { State } from './definition.ts';
import type { Execution, Thread } from './execution.ts';

/** `$states.context` (https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html). */
export function contextOf(execution: Execution, thread: Thread, state: State, token: string | null): JsonObject {
  const { visit } = thread;
  return {
    Execution: {
      Id: execution.arn,
      Input: execution.input,
      StartTime: new Date(execution.startedAt).toISOString(),
      Name: execution.name,
      RoleArn: execution.roleArn,
      RedriveCount: 0,
    },
    StateMachine: { Id: execution.machineArn, Name: execution.machineName },
    State: {
      Name: visit.state,
      EnteredTime: new Date(visit.enteredAt).toISOString(),
      ...(canRetry(state) ? { RetryCount: visit.retryCount } : {}),
    },
    ...(thread.item ? { Map: { Item: { ...thread.item } } } : {}),
    ...(token ? { Task: { Token: token } } : {}),
  };
}

function canRetry(state: State): boolean {
  return state.Type === 'Task' || state.Type === 'Map' || state.Type === 'Parallel';
}
