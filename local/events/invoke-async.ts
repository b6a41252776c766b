import { setTimeout as sleep } from 'node:timers/promises';
import { type Assembly, type JsonObject, type Lambdas, type Resource, ServiceError } from '#local/parts';

export interface AsyncInvokerOptions {
  assembly: Assembly;
  lambdas: Lambdas;
  /** Divides the waits between tries. */
  timeScale: number;
  log: (line: string) => void;
}

/** Invokes a function as an event: tried again when it fails, nobody waits for the answer. */
export interface AsyncInvoker {
  invoke(functionArn: string, payload: string): void;
  stop(): void;
}

const WAITS_MS = [60_000, 120_000];

/**
 * Lambda's own queue for asynchronous invocations: after a failure two more tries, one and two minutes apart, unless
 * the function's `AWS::Lambda::EventInvokeConfig` says fewer.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export function createAsyncInvoker({ assembly, lambdas, timeScale, log }: AsyncInvokerOptions): AsyncInvoker {
  for (const resource of assembly.byType('AWS::Lambda::EventInvokeConfig'))
    refuseDestinations(resource, 'DestinationConfig');
  for (const resource of assembly.byType('AWS::Lambda::Function')) refuseDestinations(resource, 'DeadLetterConfig');
  const stopping = new AbortController();

  const run = async (functionArn: string, payload: string) => {
    const waits = WAITS_MS.slice(0, retries(assembly, functionArn));
    for (let tries = 0; ; tries += 1) {
      const failure = await failureOf(lambdas, functionArn, payload);
      if (failure === undefined) return;
      const wait = waits[tries];
      log(`async invocation of ${functionArn} failed${wait === undefined ? ' for good' : ''}: ${failure}`);
      if (wait === undefined) return;
      await sleep(wait / timeScale, undefined, { signal: stopping.signal, ref: false });
    }
  };

  return {
    invoke: (functionArn, payload) => {
      run(functionArn, payload).catch((error: unknown) => {
        if (!stopping.signal.aborted) log(`async invocation of ${functionArn}: ${String(error)}`);
      });
    },
    stop: () => stopping.abort(),
  };
}

function refuseDestinations({ logicalId, properties }: Resource, field: string): void {
  if (properties[field] !== undefined)
    throw new Error(`${logicalId}: ${field} of asynchronous invocations is not run here`);
}

/** Why an invocation failed; undefined if it did not. */
async function failureOf(lambdas: Lambdas, functionArn: string, payload: string): Promise<string | undefined> {
  try {
    const result = await lambdas.invoke(functionArn, payload);
    return result.functionError ? result.payload : undefined;
  } catch (error) {
    if (error instanceof ServiceError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

function retries(assembly: Assembly, functionArn: string): number {
  const target = assembly.find('AWS::Lambda::Function', functionArn);
  const config = assembly
    .byType('AWS::Lambda::EventInvokeConfig')
    .find(({ properties }) => [target.name, target.arn].includes(String(properties.FunctionName)));
  const { MaximumRetryAttempts } = (config?.properties ?? {}) as JsonObject;
  return MaximumRetryAttempts === undefined ? WAITS_MS.length : Number(MaximumRetryAttempts);
}
