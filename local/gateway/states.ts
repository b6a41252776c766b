import type { JsonObject, JsonService } from '#local/parts';
import { jsonReply } from './exchange.ts';
import { authorize, type Backstage, notMapped, type SdkService } from './sdk-call.ts';

/** Which field of a request names the resource; SendTask* name none, the token is the right. */
const RESOURCE: Record<string, string | null> = {
  StartExecution: 'stateMachineArn',
  ListExecutions: 'stateMachineArn',
  DescribeStateMachine: 'stateMachineArn',
  StopExecution: 'executionArn',
  DescribeExecution: 'executionArn',
  GetExecutionHistory: 'executionArn',
  SendTaskSuccess: null,
  SendTaskFailure: null,
  SendTaskHeartbeat: null,
};

/** Step Functions: the interpreter answers, this side only asks whether the caller may. */
export function statesService(backstage: Backstage, states: JsonService): SdkService {
  return async (call) => {
    const { operation, input } = call;
    const field = RESOURCE[operation];
    if (field === undefined) throw notMapped('states', operation);
    authorize(backstage, call, `states:${operation}`, field === null ? '*' : resourceArn(input, field));
    return jsonReply(200, await states.call(operation, input), { 'content-type': 'application/x-amz-json-1.0' });
  };
}

function resourceArn(input: JsonObject, field: string): string {
  return String(input[field] ?? '');
}
