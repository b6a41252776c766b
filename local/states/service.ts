import { randomBytes } from 'node:crypto';
import type { Count, Emit, InvocationResult, JsonObject, States } from '#local/parts';
import type { Machine } from './definition.ts';
import { Driver } from './driver.ts';
import { lintDefinition } from './lint.ts';
import { operate } from './operations.ts';
import type { Registered, Service } from './service-state.ts';
import { statusEvent } from './status-event.ts';
import { Store } from './store.ts';
import type { Environment } from './turn.ts';

export interface StatesOptions {
  machines: Array<{
    arn: string;
    name: string;
    roleArn: string;
    /** The parsed Amazon States Language. */
    definition: JsonObject;
    /** ARNs of versions and aliases that start it too. */
    versions?: string[];
  }>;
  /** Calls a function as the machine's role; the stack wraps Lambda and IAM. A ServiceError fails the task by its name. */
  invoke(functionArn: string, payload: string, caller: { roleArn: string }): Promise<InvocationResult>;
  /** Gets `Step Functions Execution Status Change` for every start and end; after a crash an end may come twice. */
  emit: Emit;
  /** Gets `states:StateTransition`: one for the start, one for each state entered, one for each retry. */
  count: Count;
  /** Holds `states.sqlite`; executions in it survive the process. */
  stateDir: string;
  /** Divides Wait, Retry intervals, HeartbeatSeconds and TimeoutSeconds (of states and machines). Default 1. */
  timeScale?: number;
  now?: () => number;
}

/**
 * Runs the Standard workflows of a template: JSONata, Lambda tasks, inline Map.
 * @throws Error with all findings of the linter, by machine.
 */
export async function startStates(options: StatesOptions): Promise<States> {
  const machines = options.machines.map(register);
  const now = options.now ?? Date.now;
  const env: Environment = { now, timeScale: options.timeScale ?? 1, random: Math.random, mint: mintToken };
  const store = new Store(options.stateDir, now());
  const announce = (arn: string) => {
    const row = store.find(arn);
    if (!row) return;
    options.emit(statusEvent(row));
    if (row.status !== 'RUNNING') store.announced(arn);
  };
  const driver = new Driver({ store, env, invoke: options.invoke, announce, count: options.count });
  const service: Service = { machines, store, driver, env, startedAt: now() };
  const underWay = store.running();
  for (const execution of underWay) driver.adopt(execution);
  return {
    call: (operation, request) => operate(service, operation, request),
    async resume() {
      for (const { arn } of store.unannounced()) announce(arn);
      await Promise.all(underWay.map(({ arn }) => driver.deliver(arn, { kind: 'resume' })));
    },
    async stop() {
      await driver.stop();
      store.close();
    },
  };
}

function register({ arn, name, roleArn, definition, versions }: StatesOptions['machines'][number]): Registered {
  const findings = lintDefinition(definition);
  if (findings.length > 0) throw new Error([`state machine ${name}:`, ...findings].join('\n  '));
  // A machine by what the lint has just passed.
  return { arn, name, roleArn, definition: definition as typeof definition & Machine, versions: versions ?? [] };
}

/** Opaque, and long enough to look like AWS's to anything that stores it. */
function mintToken(): string {
  return randomBytes(96).toString('base64');
}
