import type { InvocationResult } from '#local/parts';

/** The answer to an invocation that Lambda itself ends, with the words of Lambda. */
export function functionError(errorType: string, errorMessage: string): InvocationResult {
  return { payload: JSON.stringify({ errorType, errorMessage }), functionError: 'Unhandled' };
}

/** The process ended with the invocation under way; running out of memory shows as `signal: killed` or `aborted`. */
export function exitError(requestId: string, code: number | null, signal: string | null): InvocationResult {
  const how = signal ? `signal: ${SIGNALS[signal] ?? signal}` : `exit status ${code ?? 0}`;
  const said = code === 0 ? 'Runtime exited without providing a reason' : `Runtime exited with error: ${how}`;
  return functionError('Runtime.ExitError', `RequestId: ${requestId} Error: ${said}`);
}

export function timeoutError(requestId: string, timeoutMs: number): InvocationResult {
  const seconds = (timeoutMs / 1000).toFixed(2);
  return functionError('Sandbox.Timedout', `RequestId: ${requestId} Error: Task timed out after ${seconds} seconds`);
}

const SIGNALS: Record<string, string> = { SIGKILL: 'killed', SIGABRT: 'aborted', SIGSEGV: 'segmentation fault' };
