import { randomUUID } from 'node:crypto';
import { type JsonObject, ServiceError } from '#local/parts';
import { MAX_BYTES } from './data-limit.ts';
import type { Execution, Thread } from './execution.ts';
import { json, optionalText, text } from './request.ts';
import type { Registered, Service } from './service-state.ts';
import { newVisit } from './turn.ts';

const NAME = /^[0-9A-Za-z_-]{1,80}$/;

/**
 * Starts an execution. Idempotent by name while it runs: the same input (compared as text) answers with the original.
 * @throws ServiceError ExecutionAlreadyExists, InvalidName, InvalidExecutionInput, StateMachineDoesNotExist
 */
export async function startExecution(service: Service, request: JsonObject): Promise<JsonObject> {
  const { machine, startedBy } = machineFor(service, text(request, 'stateMachineArn'));
  const name = optionalText(request, 'name') ?? randomUUID();
  if (!NAME.test(name)) throw new ServiceError('InvalidName', `Invalid Name: '${name}'`);
  const source = optionalText(request, 'input') ?? '{}';
  const input = parseInput(source);
  const arn = `${machine.arn.replace(':stateMachine:', ':execution:')}:${name}`;
  const live = service.driver.live(arn);
  if (live?.inputText === source) {
    // Perhaps it is just being started: the answer waits until that is on disk.
    await service.driver.deliver(arn, { kind: 'tick' });
    return started(arn, live.startedAt);
  }
  if (live ?? service.store.find(arn)) {
    throw new ServiceError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
  }
  const startedAt = service.env.now();
  const execution: Execution = {
    arn,
    name,
    machineArn: machine.arn,
    machineName: machine.name,
    startedBy,
    roleArn: machine.roleArn,
    machine: machine.definition,
    input,
    inputText: source,
    startedAt,
    deadline: deadlineOf(service, machine, startedAt),
    nextEvent: 1,
    nextThread: 2,
    nextTicket: 1,
    threads: new Map([[1, rootThread(machine.definition.StartAt, input)]]),
    end: null,
  };
  // No await between the look-up above and this: a second start of the name finds the first.
  service.driver.adopt(execution);
  await service.driver.deliver(arn, { kind: 'start' });
  return started(arn, startedAt);
}

function started(executionArn: string, startedAt: number): JsonObject {
  return { executionArn, startDate: startedAt / 1000 };
}

function machineFor(service: Service, arn: string): { machine: Registered; startedBy: string | null } {
  if (!/^arn:[^:]*:states:[^:]*:[^:]*:stateMachine:/.test(arn)) {
    throw new ServiceError('InvalidArn', `Invalid Arn: '${arn}'`);
  }
  for (const machine of service.machines) {
    if (machine.arn === arn) return { machine, startedBy: null };
    if (machine.versions.includes(arn)) return { machine, startedBy: arn };
  }
  throw new ServiceError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
}

function parseInput(source: string) {
  const prefix = 'Invalid State Machine Execution Input';
  if (Buffer.byteLength(source) > MAX_BYTES) {
    throw new ServiceError('InvalidExecutionInput', `${prefix}: 'Input is larger than ${MAX_BYTES} bytes'`);
  }
  if (source === '') throw new ServiceError('InvalidExecutionInput', `${prefix}: 'Invalid execution input.'`);
  return json(source, 'InvalidExecutionInput', prefix);
}

function deadlineOf(service: Service, { definition }: Registered, startedAt: number): number | null {
  const { TimeoutSeconds } = definition;
  return TimeoutSeconds === undefined ? null : startedAt + (TimeoutSeconds * 1000) / service.env.timeScale;
}

function rootThread(startAt: string, input: Execution['input']): Thread {
  const visit = newVisit(startAt, input);
  return { id: 1, parent: null, index: 0, path: [], variables: {}, item: null, lastEvent: 0, visit };
}
