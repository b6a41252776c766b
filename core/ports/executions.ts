/** The workflow engine. */
export interface Executions {
  /**
   * Same name and input while it runs returns the running one; a closed one of that name throws.
   * @throws LostRace when the name was used before (ExecutionAlreadyExists)
   */
  start(name: string, input: Record<string, unknown>): Promise<{ arn: string }>;
  /** Undefined when there is none of that name. */
  status(arn: string): Promise<'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED' | undefined>;
  /** The ARN that a name has, without a call. */
  arnOf(name: string): string;
  /** Idempotent. */
  stop(arn: string, error: string, cause: string): Promise<void>;
}

/** Answers to steps that wait for their token. `settled`: timed out, answered or ended before; nothing more to do. */
export interface TaskTokens {
  succeed(token: string, output: Record<string, unknown>): Promise<'ok' | 'settled'>;
  fail(token: string, error: string, cause: string): Promise<'ok' | 'settled'>;
  beat(token: string): Promise<'ok' | 'settled'>;
}
