import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { BusEvent, Json, JsonObject, States } from '#local/parts';
import { type FunctionTable, TableFunctions } from '#local/states/function-table';
import { startStates } from '#local/states/service';

export const MACHINE_ARN = 'arn:aws:states:us-east-1:000000000000:stateMachine:Sample';
export const ROLE_ARN = 'arn:aws:iam::000000000000:role/machine';

export interface Workbench {
  states: States;
  functions: TableFunctions;
  events: BusEvent[];
  counted: { item: string; units: number; by: string }[];
  stateDir: string;
  /** The ARN of an execution of the one machine. */
  start(input: Json, name?: string): Promise<string>;
  /** DescribeExecution once it has ended. */
  end(arn: string): Promise<JsonObject>;
  types(arn: string): Promise<string[]>;
  history(arn: string): Promise<JsonObject[]>;
}

export interface BenchOptions {
  functions?: FunctionTable;
  timeScale?: number;
  stateDir?: string;
  versions?: string[];
  /** Leave it running at the end of the test: the test stops it by itself. */
  keep?: boolean;
}

export function aStateDir(): string {
  const stateDir = mkdtempSync(join(tmpdir(), 'states-'));
  onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }));
  return stateDir;
}

/** The service with one machine and table functions behind it. */
export async function aWorkbench(definition: JsonObject, options: BenchOptions = {}): Promise<Workbench> {
  const stateDir = options.stateDir ?? aStateDir();
  const timeScale = options.timeScale ?? 100;
  const events: BusEvent[] = [];
  const counted: Workbench['counted'] = [];
  const functions = new TableFunctions({
    table: options.functions ?? {},
    timeScale,
    call: (operation, request) => states.call(operation, request),
  });
  const versions = options.versions ? { versions: options.versions } : {};
  const states = await startStates({
    machines: [{ arn: MACHINE_ARN, name: 'Sample', roleArn: ROLE_ARN, definition, ...versions }],
    invoke: (arn, payload) => functions.invoke(arn, payload),
    emit: (event) => events.push(event),
    count: (entry) => counted.push(entry),
    stateDir,
    timeScale,
  });
  if (!options.keep) onTestFinished(() => states.stop());
  return { states, functions, events, counted, stateDir, ...conveniences(states) };
}

function conveniences(states: States): Pick<Workbench, 'start' | 'end' | 'types' | 'history'> {
  const history = async (executionArn: string) => {
    const all: JsonObject[] = [];
    let token: Json = null;
    do {
      const more: JsonObject = token === null ? {} : { nextToken: token };
      const reply = await states.call('GetExecutionHistory', { executionArn, maxResults: 1000, ...more });
      all.push(...(reply.events as JsonObject[]));
      token = reply.nextToken ?? null;
    } while (token !== null);
    return all;
  };
  return {
    history,
    types: async (arn) => (await history(arn)).map((event) => String(event.type)),
    start: async (input, name) => {
      const more = name === undefined ? {} : { name };
      const request = { stateMachineArn: MACHINE_ARN, input: JSON.stringify(input), ...more };
      return String((await states.call('StartExecution', request)).executionArn);
    },
    end: async (executionArn) => {
      const deadline = Date.now() + 20_000;
      for (;;) {
        const reply = await states.call('DescribeExecution', { executionArn });
        if (reply.status !== 'RUNNING') return reply;
        if (Date.now() > deadline) throw new Error(`${executionArn} has not ended`);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    },
  };
}
