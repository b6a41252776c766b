import { randomUUID } from 'node:crypto';
import { type InvocationResult, type Json, type JsonObject, ServiceError } from '#local/parts';
import { checkSize } from './data-limit.ts';
import { StateFailure } from './failure.ts';

/** The shape of `lambda:invoke`'s result, without the HTTP metadata of AWS's. */
export function resultOf(answer: InvocationResult): JsonObject {
  const payload = answer.payload === '' ? null : parse(answer.payload);
  const result = { ExecutedVersion: '$LATEST', Payload: payload, StatusCode: 200 };
  checkSize(result, 'lambda', true);
  return result;
}

/** An error of the function: its type is the error's name, its JSON the cause. Null when the call went well. */
export function functionFailure(answer: InvocationResult): StateFailure | null {
  if (!answer.functionError) return null;
  const body = parse(answer.payload);
  const type = body && typeof body === 'object' && !Array.isArray(body) ? body.errorType : undefined;
  const error = typeof type === 'string' && type !== '' ? type : 'Lambda.Unknown';
  return new StateFailure(error, answer.payload, { fromTask: true });
}

/** Status and name under which Lambda's own refusals reach a state machine. */
const REFUSALS: Record<string, { status: number; error?: string }> = {
  AccessDeniedException: { status: 403, error: 'Lambda.AWSLambdaException' },
  ResourceNotFoundException: { status: 404 },
  TooManyRequestsException: { status: 429 },
  ServiceException: { status: 500 },
};

/** A call that Lambda refused, or that did not reach it. */
export function callFailure(thrown: unknown): StateFailure {
  if (!(thrown instanceof ServiceError)) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new StateFailure('Lambda.SdkClientException', message, { fromTask: true });
  }
  const { status, error } = REFUSALS[thrown.code] ?? { status: thrown.status };
  const tail = `(Service: AWSLambda; Status Code: ${status}; Error Code: ${thrown.code}; Request ID: ${randomUUID()}; Proxy: null)`;
  return new StateFailure(error ?? `Lambda.${thrown.code}`, `${thrown.message} ${tail}`, { fromTask: true });
}

function parse(payload: string): Json {
  try {
    return JSON.parse(payload);
  } catch {
    // Not JSON: what the function wrote is handed on as the text that it is.
    return payload;
  }
}
