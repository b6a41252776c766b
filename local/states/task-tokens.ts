import { type JsonObject, ServiceError } from '#local/parts';
import { MAX_BYTES } from './data-limit.ts';
import { json, optionalText, text } from './request.ts';
import type { Service } from './service-state.ts';
import type { Signal } from './signal.ts';

export async function sendTaskSuccess(service: Service, request: JsonObject): Promise<JsonObject> {
  const source = text(request, 'output');
  if (Buffer.byteLength(source) > MAX_BYTES) {
    throw new ServiceError('InvalidOutput', `Invalid Output: 'Output is larger than ${MAX_BYTES} bytes'`);
  }
  const output = json(source, 'InvalidOutput', 'Invalid Output');
  return tell(service, request, (token) => ({ kind: 'settled', token, outcome: { output } }));
}

/** Without an error both of its names are null in `$states.errorOutput`; only States.ALL and its like match that. */
export async function sendTaskFailure(service: Service, request: JsonObject): Promise<JsonObject> {
  const error = optionalText(request, 'error') ?? null;
  const cause = optionalText(request, 'cause') ?? null;
  return tell(service, request, (token) => ({ kind: 'settled', token, outcome: { error, cause } }));
}

export async function sendTaskHeartbeat(service: Service, request: JsonObject): Promise<JsonObject> {
  return tell(service, request, (token) => ({ kind: 'beat', token }));
}

/** @throws ServiceError InvalidToken (never ours), TaskDoesNotExist (its execution is forgotten), TaskTimedOut (settled) */
async function tell(service: Service, request: JsonObject, signal: (token: string) => Signal): Promise<JsonObject> {
  const token = text(request, 'taskToken');
  const arn = service.store.ownerOf(token);
  if (arn === undefined) throw new ServiceError('InvalidToken', "Invalid Token: 'Invalid token'");
  if (!service.store.find(arn)) throw new ServiceError('TaskDoesNotExist', "Task Does Not Exist: 'Unknown task'");
  const heard = await service.driver.deliver(arn, signal(token));
  if (!heard) throw new ServiceError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
  return {};
}
