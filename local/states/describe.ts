import { type JsonObject, ServiceError } from '#local/parts';
import { flag, optionalText, page, paged, text } from './request.ts';
import type { Registered, Service } from './service-state.ts';
import { startedBy } from './signal.ts';
import type { ExecutionRow } from './store.ts';
import type { HistoryEvent } from './turn.ts';

export function executionOf(service: Service, request: JsonObject): ExecutionRow {
  const arn = text(request, 'executionArn');
  if (!/^arn:[^:]*:states:[^:]*:[^:]*:execution:/.test(arn))
    throw new ServiceError('InvalidArn', `Invalid Arn: '${arn}'`);
  const row = service.store.find(arn);
  if (!row) throw new ServiceError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
  return row;
}

export async function describeExecution(service: Service, request: JsonObject): Promise<JsonObject> {
  const row = executionOf(service, request);
  const { input, output, error, cause } = row;
  return {
    ...summary(row),
    input,
    inputDetails: { included: true },
    ...(output === null ? {} : { output, outputDetails: { included: true } }),
    ...(error === null ? {} : { error }),
    ...(cause === null ? {} : { cause }),
    redriveCount: 0,
    redriveStatus: 'NOT_REDRIVABLE',
    redriveStatusReason: 'Redrive is not supported by the local interpreter',
  };
}

function summary(row: ExecutionRow): JsonObject {
  return {
    executionArn: row.arn,
    stateMachineArn: row.machineArn,
    ...(row.startedBy === null ? {} : startedBy(row.startedBy)),
    name: row.name,
    status: row.status,
    startDate: row.startedAt / 1000,
    ...(row.stoppedAt === null ? {} : { stopDate: row.stoppedAt / 1000 }),
  };
}

export async function listExecutions(service: Service, request: JsonObject): Promise<JsonObject> {
  const { arn } = registered(service, text(request, 'stateMachineArn'));
  const at = page(request, 1000);
  const status = optionalText(request, 'statusFilter') ?? null;
  const { rows, more } = paged(service.store.list(arn, status, at.limit + 1, at.offset), at);
  return { executions: rows.map(summary), ...more };
}

export async function getExecutionHistory(service: Service, request: JsonObject): Promise<JsonObject> {
  const { arn } = executionOf(service, request);
  const at = page(request, 1000);
  const reverse = flag(request, 'reverseOrder', false);
  const { rows, more } = paged(service.store.events(arn, reverse, at.limit + 1, at.offset), at);
  return { events: flag(request, 'includeExecutionData', true) ? rows : rows.map(withoutData), ...more };
}

const DATA = [
  'input',
  'inputDetails',
  'output',
  'outputDetails',
  'parameters',
  'assignedVariables',
  'assignedVariablesDetails',
];

function withoutData(event: HistoryEvent): HistoryEvent {
  const kept = Object.entries(event).map(([key, value]) => {
    if (!key.endsWith('EventDetails') || value === null || typeof value !== 'object') return [key, value];
    return [key, Object.fromEntries(Object.entries(value).filter(([name]) => !DATA.includes(name)))];
  });
  return Object.fromEntries(kept);
}

export async function describeStateMachine(service: Service, request: JsonObject): Promise<JsonObject> {
  const machine = registered(service, text(request, 'stateMachineArn'));
  return {
    stateMachineArn: machine.arn,
    name: machine.name,
    status: 'ACTIVE',
    definition: JSON.stringify(machine.definition),
    roleArn: machine.roleArn,
    type: 'STANDARD',
    creationDate: service.startedAt / 1000,
    loggingConfiguration: { level: 'OFF', includeExecutionData: false },
    tracingConfiguration: { enabled: false },
  };
}

/** The definition that the execution runs by, which a restart with another one does not change. */
export async function describeStateMachineForExecution(service: Service, request: JsonObject): Promise<JsonObject> {
  const row = executionOf(service, request);
  return {
    stateMachineArn: row.machineArn,
    name: row.machineName,
    definition: row.definition,
    roleArn: row.roleArn,
    updateDate: row.startedAt / 1000,
    loggingConfiguration: { level: 'OFF', includeExecutionData: false },
    tracingConfiguration: { enabled: false },
  };
}

function registered(service: Service, arn: string): Registered {
  const found = service.machines.find((machine) => machine.arn === arn || machine.versions.includes(arn));
  if (!found) throw new ServiceError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
  return found;
}
