import { Duration } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { FunctionName } from '#core/env';
import type { Config } from './config.ts';
import { dispatchTimeout } from './job-queue.ts';
import { ServiceFunction } from './service-function.ts';
import type { Settings } from './settings.ts';

/**
 * Every function of the application: entry, environment, size, and what a user loses while it fails. Timeouts in
 * seconds, memory in MB. The gateway waits for models and waiting is billed by memory: it gets the least that works.
 */
const table = {
  Api: {
    reads: 'api',
    entry: 'functions/api/api.ts',
    memoryMb: 512,
    timeout: 25,
    errorImpact: 'nobody can open sessions, start jobs or read them',
  },
  Callbacks: {
    reads: 'callbacks',
    entry: 'functions/callbacks/callback.ts',
    memoryMb: 512,
    timeout: 20,
    errorImpact: 'runners are not heard: attempts end as sandbox_lost',
  },
  ModelGateway: {
    reads: 'gateway',
    entry: 'functions/model-gateway/gateway.ts',
    memoryMb: 256,
    timeout: 600,
    errorImpact: 'agents get no model: attempts end as agent_error',
  },
  Dispatch: {
    reads: 'dispatch',
    entry: 'functions/queue/dispatch.ts',
    memoryMb: 512,
    timeout: dispatchTimeout.toSeconds(),
    errorImpact: 'accepted jobs stay queued',
  },
  CreateSandbox: {
    reads: 'steps',
    entry: 'functions/workflow/create-sandbox.ts',
    memoryMb: 1_024,
    timeout: 60,
    errorImpact: 'attempts get no sandbox',
  },
  RunAgent: {
    reads: 'steps',
    entry: 'functions/workflow/run-agent.ts',
    memoryMb: 1_024,
    timeout: 60,
    errorImpact: 'sandboxes stay idle and attempts fail',
  },
  Collect: {
    reads: 'steps',
    entry: 'functions/workflow/collect.ts',
    memoryMb: 1_024,
    timeout: 90,
    errorImpact: 'results are not stored beyond the last checkpoint',
  },
  EndAttempt: {
    reads: 'steps',
    entry: 'functions/workflow/end-attempt.ts',
    memoryMb: 1_024,
    timeout: 60,
    errorImpact: 'permits come back only when they run out',
  },
  Judge: {
    reads: 'steps',
    entry: 'functions/workflow/judge.ts',
    memoryMb: 1_024,
    timeout: 60,
    errorImpact: 'jobs fail although attempts solved the issue',
  },
  Finish: {
    reads: 'steps',
    entry: 'functions/workflow/finish.ts',
    memoryMb: 1_024,
    timeout: 60,
    errorImpact: 'jobs end only by the clean-up',
  },
  Cleanup: {
    reads: 'steps',
    entry: 'functions/workflow/cleanup.ts',
    memoryMb: 1_024,
    timeout: 120,
    errorImpact: 'broken jobs hang until the sweeper ends them',
  },
  ExecutionEnded: {
    reads: 'sweep',
    entry: 'functions/workflow/execution-ended.ts',
    memoryMb: 1_024,
    timeout: 120,
    errorImpact: 'jobs whose workflow died hang until the sweeper ends them',
  },
  Sweep: {
    reads: 'sweep',
    entry: 'functions/schedule/sweep.ts',
    memoryMb: 1_024,
    timeout: 55,
    errorImpact: 'lost messages, expired permits and orphan sandboxes stay',
  },
  SocketAuthorizer: {
    reads: 'socketAuthorizer',
    entry: 'functions/live/authorizer.ts',
    memoryMb: 512,
    timeout: 10,
    errorImpact: 'no client can connect; they poll',
  },
  Socket: {
    reads: 'socket',
    entry: 'functions/live/socket.ts',
    memoryMb: 512,
    timeout: 20,
    errorImpact: 'clients see milestones only by polling',
  },
} as const satisfies Record<
  string,
  { reads: FunctionName; entry: string; memoryMb: number; timeout: number; errorImpact: string }
>;

export type ServiceFunctionName = keyof typeof table;
export const serviceFunctions = table;

export class Functions extends Construct {
  private readonly made = new Map<ServiceFunctionName, ServiceFunction<FunctionName>>();

  constructor(scope: Construct, id: string, props: { settings: Settings; config: Config }) {
    super(scope, id);
    for (const [name, row] of Object.entries(table) as Array<
      [ServiceFunctionName, (typeof table)[ServiceFunctionName]]
    >) {
      const fn = new ServiceFunction<FunctionName>(this, name, {
        reads: row.reads,
        entry: row.entry,
        environment: props.settings[row.reads],
        memoryMb: row.memoryMb,
        timeout: Duration.seconds(row.timeout),
        logRetentionDays: props.config.logRetentionDays,
        errorImpact: row.errorImpact,
      });
      this.made.set(name, fn);
    }
  }

  byName(): ReadonlyMap<string, lambda.Function> {
    return new Map([...this.made].map(([name, made]) => [name, made.function]));
  }

  get(name: ServiceFunctionName): ServiceFunction<FunctionName> {
    const fn = this.made.get(name);
    if (!fn) throw new Error(`no function ${name}`);
    return fn;
  }
}
