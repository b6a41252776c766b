/**
 * Every failure a user can meet: code, HTTP status, and what to do about it. A table, so that the documentation, the
 * API and the workflow cannot disagree. Step Functions matches on `name`, which is fixed per class.
 */
export const errorCodes = {
  // requests
  invalid_request: {
    status: 400,
    retryable: false,
    remedy: 'Correct the fields that are named and send the request again.',
  },
  unauthorized: { status: 401, retryable: false, remedy: 'Sign in again and send a valid bearer token.' },
  forbidden: {
    status: 403,
    retryable: false,
    remedy: 'Ask for access to this tenant, or use a token with the required scope.',
  },
  not_found: { status: 404, retryable: false, remedy: 'Check the id; things of other tenants are not shown either.' },
  conflict: { status: 409, retryable: false, remedy: 'Read the current state and decide again.' },
  payload_too_large: { status: 413, retryable: false, remedy: 'Send less; the limit is named in the message.' },
  unprocessable: {
    status: 422,
    retryable: false,
    remedy: 'Change the options that are named; they can never work in this installation.',
  },
  too_many_requests: {
    status: 429,
    retryable: true,
    remedy: 'Wait for the time in Retry-After, then send the request again.',
  },
  budget_refused: { status: 402, retryable: false, remedy: 'Raise the budget of the tenant, or wait until tomorrow.' },
  unavailable: { status: 503, retryable: true, remedy: 'Send the same request again with the same Idempotency-Key.' },
  internal: {
    status: 500,
    retryable: true,
    remedy: 'Try again; if it stays, give the request id to whoever runs this installation.',
  },
  // ends of jobs and attempts
  no_patch: {
    status: 200,
    retryable: true,
    remedy: 'Read the log: say in the issue what should change, or try another model.',
  },
  setup_failed: {
    status: 200,
    retryable: true,
    remedy: 'Give setup_commands that prepare a fresh checkout, then retry.',
  },
  agent_error: { status: 200, retryable: true, remedy: 'Read the log; retry, or choose another model.' },
  budget_exhausted: { status: 200, retryable: true, remedy: 'Retry with higher limits.cost_usd or limits.steps.' },
  timed_out: { status: 200, retryable: true, remedy: 'Retry with a larger limits.wall_seconds.' },
  sandbox_lost: { status: 200, retryable: true, remedy: 'Retry; the last checkpoint of the attempt is kept.' },
  provider_busy: {
    status: 200,
    retryable: true,
    remedy: 'Retry later, or raise the concurrency of the sandbox provider.',
  },
  no_capacity: { status: 200, retryable: true, remedy: 'Raise the permit limits, or retry when fewer jobs wait.' },
  patch_rejected: { status: 200, retryable: true, remedy: 'Read the reason; retry, or narrow the issue.' },
  repo_unreachable: {
    status: 200,
    retryable: false,
    remedy: 'Check the repository URL, the ref and the access of this installation.',
  },
} as const;
export type ErrorCode = keyof typeof errorCodes;

/** Why a job or attempt failed, as stored and shown. */
export const failureCodes = [
  'no_patch',
  'setup_failed',
  'agent_error',
  'budget_exhausted',
  'timed_out',
  'sandbox_lost',
  'provider_busy',
  'no_capacity',
  'patch_rejected',
  'repo_unreachable',
  'internal',
] as const satisfies readonly ErrorCode[];
export type FailureCode = (typeof failureCodes)[number];

export interface FieldProblem {
  field: string;
  message: string;
}

/** The base of every expected error. What is not one of these becomes `internal` without its message. */
export class PatchbayError extends Error {
  override name = 'PatchbayError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly retryable: boolean;
  readonly remedy: string;
  readonly fields: FieldProblem[] | undefined;
  /** Seconds, for Retry-After. */
  readonly retryAfter: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { remedy?: string; fields?: FieldProblem[]; retryAfter?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.status = errorCodes[code].status;
    this.retryable = errorCodes[code].retryable;
    this.remedy = options.remedy ?? errorCodes[code].remedy;
    this.fields = options.fields;
    this.retryAfter = options.retryAfter;
  }
}

/** A conditional write found another state than expected: somebody was faster. Usually a success at the use case. */
export class LostRace extends PatchbayError {
  override name = 'LostRace';
  constructor(message: string) {
    super('conflict', message);
  }
}

/** The job or attempt is not to go on: thrown by every step that finds its row no longer running. */
export class Cancelled extends PatchbayError {
  override name = 'Cancelled';
  constructor(message: string) {
    super('conflict', message);
  }
}

/** The sandbox provider has no slot or limits the rate; the workflow retries, then the job waits again. */
export class ProviderBusy extends PatchbayError {
  override name = 'ProviderBusy';
  /** It has as many sandboxes as it gives us: not a limit of the rate, and no fault. */
  readonly full: boolean;
  constructor(message: string, cause?: unknown, full = false) {
    super('provider_busy', message, cause === undefined ? {} : { cause });
    this.full = full;
  }
}

/** Only a 404 of the control plane proves it. */
export class SandboxLost extends PatchbayError {
  override name = 'SandboxLost';
  constructor(message: string, cause?: unknown) {
    super('sandbox_lost', message, cause === undefined ? {} : { cause });
  }
}

/** Why an attempt or job ended without success. */
export interface Failure {
  code: FailureCode;
  message: string;
  remedy: string;
  retryable: boolean;
}

export function failure(code: FailureCode, message: string): Failure {
  return { code, message, remedy: errorCodes[code].remedy, retryable: errorCodes[code].retryable };
}
