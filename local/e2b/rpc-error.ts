import { SupervisorError } from './supervisor-connection.ts';

/** Connect's error names and the HTTP status a unary call answers them with. */
export const RPC_STATUS = {
  invalid_argument: 400,
  unauthenticated: 401,
  not_found: 404,
  already_exists: 409,
  resource_exhausted: 429,
  deadline_exceeded: 504,
  internal: 500,
  unimplemented: 501,
  unavailable: 503,
} as const;

export type RpcCode = keyof typeof RPC_STATUS;

/** An error as envd answers it. */
export class RpcError extends Error {
  override name = 'RpcError';
  readonly code: RpcCode;
  constructor(code: RpcCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The supervisor uses envd's names already; anything else is internal. */
export function asRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) {
    return error;
  }
  if (error instanceof SupervisorError && error.code in RPC_STATUS) {
    return new RpcError(error.code as RpcCode, error.message);
  }
  return new RpcError('internal', error instanceof Error ? error.message : String(error));
}
