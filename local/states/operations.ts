import { type JsonObject, ServiceError } from '#local/parts';
import {
  describeExecution,
  describeStateMachine,
  describeStateMachineForExecution,
  executionOf,
  getExecutionHistory,
  listExecutions,
} from './describe.ts';
import { only, optionalText } from './request.ts';
import type { Service } from './service-state.ts';
import { startExecution } from './start-execution.ts';
import { sendTaskFailure, sendTaskHeartbeat, sendTaskSuccess } from './task-tokens.ts';

interface Operation {
  members: string[];
  run(service: Service, request: JsonObject): Promise<JsonObject>;
}

const OPERATIONS: Record<string, Operation> = {
  StartExecution: { members: ['stateMachineArn', 'name', 'input', 'traceHeader'], run: startExecution },
  StopExecution: { members: ['executionArn', 'error', 'cause'], run: stopExecution },
  DescribeExecution: { members: ['executionArn', 'includedData'], run: describeExecution },
  ListExecutions: { members: ['stateMachineArn', 'statusFilter', 'maxResults', 'nextToken'], run: listExecutions },
  GetExecutionHistory: {
    members: ['executionArn', 'maxResults', 'reverseOrder', 'nextToken', 'includeExecutionData'],
    run: getExecutionHistory,
  },
  SendTaskSuccess: { members: ['taskToken', 'output'], run: sendTaskSuccess },
  SendTaskFailure: { members: ['taskToken', 'error', 'cause'], run: sendTaskFailure },
  SendTaskHeartbeat: { members: ['taskToken'], run: sendTaskHeartbeat },
  DescribeStateMachine: { members: ['stateMachineArn', 'includedData'], run: describeStateMachine },
  DescribeStateMachineForExecution: {
    members: ['executionArn', 'includedData'],
    run: describeStateMachineForExecution,
  },
};

/** @throws ServiceError with AWS's names; an operation that is not in the table is refused by its name. */
export async function operate(service: Service, operation: string, request: JsonObject): Promise<JsonObject> {
  const found = Object.hasOwn(OPERATIONS, operation) ? OPERATIONS[operation] : undefined;
  if (!found) {
    throw new ServiceError(
      'UnknownOperationException',
      `states:${operation} is not supported by the local interpreter`,
    );
  }
  only(request, operation, found.members);
  return found.run(service, request);
}

/** Stopping what has ended already changes nothing and answers with its end, as on AWS. */
async function stopExecution(service: Service, request: JsonObject): Promise<JsonObject> {
  const { arn } = executionOf(service, request);
  const error = optionalText(request, 'error');
  const cause = optionalText(request, 'cause');
  await service.driver.deliver(arn, {
    kind: 'stop',
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
  });
  return { stopDate: (executionOf(service, request).stoppedAt ?? service.env.now()) / 1000 };
}
