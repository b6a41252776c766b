import type { InvocationResult, Lambdas } from '#local/parts';

export type FakeHandler = (event: never, functionArn: string) => unknown;

/** Functions that run in this process: each invocation is kept, a throw becomes a function error. */
export interface FakeLambdas extends Lambdas {
  invocations: { functionArn: string; event: unknown }[];
  /** The most that ran at once. */
  peak: number;
}

export function fakeLambdas(handler: FakeHandler, cap = 2): FakeLambdas {
  let running = 0;
  const fake: FakeLambdas = {
    invocations: [],
    peak: 0,
    async invoke(functionArn, payload): Promise<InvocationResult> {
      const event = JSON.parse(payload) as never;
      fake.invocations.push({ functionArn, event });
      running += 1;
      fake.peak = Math.max(fake.peak, running);
      try {
        const answer = await handler(event, functionArn);
        return { payload: typeof answer === 'string' ? answer : JSON.stringify(answer ?? null) };
      } catch (error) {
        const failure = { errorType: 'Error', errorMessage: String(error) };
        return { payload: JSON.stringify(failure), functionError: 'Unhandled' };
      } finally {
        running -= 1;
      }
    },
    invokeStreaming: () => Promise.reject(new Error('not streamed in this test')),
    idleSlots: () => Math.max(0, cap - running),
    stats: () => ({
      processes: running,
      residentBytes: 0,
      coldStarts: 0,
      invocations: fake.invocations.length,
      pids: [],
    }),
    stop: () => Promise.resolve(),
  };
  return fake;
}
