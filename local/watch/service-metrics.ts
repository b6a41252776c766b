import type { Assembly, Emit, InvocationResult, Lambdas } from '#local/parts';
import type { AlarmSeries } from './alarm-definition.ts';
import type { Metrics } from './metrics.ts';

/** What AWS measures of the resources themselves, where the laptop can tell it too. Other namespaces are the application's. */
const measured: Record<string, readonly string[]> = {
  'AWS/Lambda': ['Invocations', 'Errors', 'Duration'],
  'AWS/States': [
    'ExecutionsStarted',
    'ExecutionsSucceeded',
    'ExecutionsFailed',
    'ExecutionsTimedOut',
    'ExecutionsAborted',
  ],
  'AWS/SQS': ['ApproximateNumberOfMessagesVisible'],
};

/** Throttles never happen here, and the queue engine does not tell the age of its messages. */
export function isMeasuredHere({ namespace, name }: Pick<AlarmSeries, 'namespace' | 'name'>): boolean {
  return !namespace.startsWith('AWS/') || (measured[namespace] ?? []).includes(name);
}

export interface ServiceMetrics {
  /** The same functions, each invocation measured. */
  measuring(lambdas: Lambdas): Lambdas;
  /** The same way for events, each start and end of an execution measured. */
  seeing(emit: Emit): Emit;
  /** The depth of every queue, now. */
  sampleQueues(depthOf: (queueArn: string) => Promise<number>): Promise<void>;
}

const byStatus: Record<string, string> = {
  RUNNING: 'ExecutionsStarted',
  SUCCEEDED: 'ExecutionsSucceeded',
  FAILED: 'ExecutionsFailed',
  TIMED_OUT: 'ExecutionsTimedOut',
  ABORTED: 'ExecutionsAborted',
};

export function serviceMetrics(
  assembly: Assembly,
  metrics: Pick<Metrics, 'add'>,
  now: () => number = Date.now,
): ServiceMetrics {
  const add = (namespace: string, dimensions: Record<string, string>, values: Record<string, number>) =>
    metrics.add(
      Object.entries(values).map(([name, value]) => ({ namespace, name, dimensions, unit: 'Count', value, at: now() })),
    );
  const invoked = async (functionArn: string, invoke: () => Promise<InvocationResult>): Promise<InvocationResult> => {
    const began = now();
    const result = await invoke();
    const { name: FunctionName } = assembly.find('AWS::Lambda::Function', functionArn);
    const Errors = result.functionError === undefined ? 0 : 1;
    add('AWS/Lambda', { FunctionName }, { Invocations: 1, Errors, Duration: now() - began });
    return result;
  };
  return {
    measuring: (lambdas) => ({
      ...lambdas,
      invoke: (arn, payload) => invoked(arn, () => lambdas.invoke(arn, payload)),
      invokeStreaming: (arn, payload, sink) => invoked(arn, () => lambdas.invokeStreaming(arn, payload, sink)),
    }),
    seeing: (emit) => (event) => {
      const name = event.source === 'aws.states' ? byStatus[String(event.detail.status)] : undefined;
      const StateMachineArn = String(event.detail.stateMachineArn);
      if (name !== undefined) add('AWS/States', { StateMachineArn }, { [name]: 1 });
      emit(event);
    },
    async sampleQueues(depthOf) {
      for (const { name, arn } of assembly.byType('AWS::SQS::Queue')) {
        add('AWS/SQS', { QueueName: name }, { ApproximateNumberOfMessagesVisible: await depthOf(arn) });
      }
    },
  };
}
