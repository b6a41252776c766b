import { type ErrorCode, errorCodes } from '#core/errors';
import { ids } from './example-job.ts';

const messages: Partial<Record<ErrorCode, string>> = {
  invalid_request: 'Not valid in the request: attempts.',
  unauthorized: 'A valid token is required.',
  forbidden: 'The token’s claim "sub" is missing or not usable.',
  not_found: `There is no job ${ids.job}.`,
  conflict: `Job ${ids.job} is running: only a job that has ended is retried.`,
  payload_too_large: 'The body has 300012 bytes; 262144 are allowed.',
  unprocessable: 'Not valid in the request: models.',
  too_many_requests: '50 jobs of your tenant are waiting for a slot already.',
  budget_refused:
    'This job may cost $1.50, models and sandboxes; what is left of the $10.00 for 2026-03-02 does not cover it.',
  internal: 'Something went wrong on our side.',
  unavailable: 'A service behind this one does not answer right now.',
};

const fields: Partial<Record<ErrorCode, unknown>> = {
  invalid_request: [{ field: 'attempts', message: 'Too big: expected number to be <=8' }],
  unprocessable: [{ field: 'models', message: 'No provider for "nope/x".' }],
};

/** An error of each code that is an answer, as OpenAPI shows it. */
export function exampleError(code: ErrorCode): unknown {
  const { remedy, retryable } = errorCodes[code];
  const message = messages[code];
  const request_id = 'd5f30ce7-96b3-4d27-9acd-d9ba63fc18e6';
  return {
    code,
    message,
    detail: message,
    remedy,
    retryable,
    request_id,
    ...(fields[code] !== undefined && { fields: fields[code] }),
  };
}
