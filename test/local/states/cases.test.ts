import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Json, JsonObject, States } from '#local/parts';
import { TableFunctions } from '#local/states/function-table';
import { startStates } from '#local/states/service';
import type { Case } from './cases/case.ts';
import { EXPRESSION } from './cases/expression.ts';
import { CHOICE, ENDS, WAIT } from './cases/flow-control.ts';
import { MAP } from './cases/map.ts';
import { PARALLEL } from './cases/parallel.ts';
import { PASS } from './cases/pass.ts';
import { RECOVERY } from './cases/recovery.ts';
import { TASK } from './cases/task.ts';
import { TOKEN_CASES } from './cases/token.ts';
import { VARIABLES } from './cases/variables.ts';

const SUITES: Record<string, Case[]> = {
  Pass: PASS,
  expressions: EXPRESSION,
  variables: VARIABLES,
  Task: TASK,
  'Retry and Catch': RECOVERY,
  'task tokens': TOKEN_CASES,
  Map: MAP,
  Parallel: PARALLEL,
  Choice: CHOICE,
  Wait: WAIT,
  ends: ENDS,
};

const ALL = Object.values(SUITES).flat();
const TIME_SCALE = 50;
const stateDir = mkdtempSync(join(tmpdir(), 'states-cases-'));
const functions = new Map<string, TableFunctions>();
let states: States;

/** Each case has a machine and a role of its own in one service; the role says whose functions are called. */
const arnOf = (i: number) => `arn:aws:states:us-east-1:000000000000:stateMachine:case-${i}`;
const roleOf = (i: number) => `arn:aws:iam::000000000000:role/case-${i}`;

beforeAll(async () => {
  for (const [i, { functions: table = {} }] of ALL.entries()) {
    const call = (operation: string, request: JsonObject) => states.call(operation, request);
    functions.set(roleOf(i), new TableFunctions({ table, timeScale: TIME_SCALE, call }));
  }
  states = await startStates({
    machines: ALL.map(({ machine }, i) => ({ arn: arnOf(i), name: 'Sample', roleArn: roleOf(i), definition: machine })),
    invoke: (arn, payload, { roleArn }) => functions.get(roleArn)!.invoke(arn, payload),
    emit: () => undefined,
    count: () => undefined,
    stateDir,
    timeScale: TIME_SCALE,
  });
});

afterAll(async () => {
  await states.stop();
  rmSync(stateDir, { recursive: true, force: true });
});

for (const [suite, cases] of Object.entries(SUITES)) {
  describe.concurrent(suite, () => {
    for (const one of cases) test(one.name, () => run(one));
  });
}

async function run(one: Case): Promise<void> {
  const i = ALL.indexOf(one);
  const input = JSON.stringify(one.input === undefined ? {} : one.input);
  const { executionArn } = await states.call('StartExecution', { stateMachineArn: arnOf(i), name: `run-${i}`, input });
  const reply = await ended(String(executionArn));

  const failing = one.error !== undefined;
  expect(reply).toMatchObject({ status: one.status ?? (failing ? 'FAILED' : 'SUCCEEDED') });
  if (one.output !== undefined) expect(JSON.parse(String(reply.output))).toEqual(one.output);
  expect(reply.error).toEqual(one.error);
  if (one.cause !== undefined) expect(reply.cause).toEqual(matching(one.cause));
  await checkHistory(one, String(executionArn));
  checkCalls(one, functions.get(roleOf(i))!);
}

function matching(cause: string | RegExp): unknown {
  return typeof cause === 'string' ? cause : expect.stringMatching(cause);
}

async function ended(executionArn: string): Promise<JsonObject> {
  for (;;) {
    const reply = await states.call('DescribeExecution', { executionArn });
    if (reply.status !== 'RUNNING') return reply;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function checkHistory(one: Case, executionArn: string): Promise<void> {
  const { types, previous, events } = one;
  if (!types && !previous && !events) return;
  const reply = await states.call('GetExecutionHistory', { executionArn, maxResults: 1000 });
  const history = reply.events as JsonObject[];
  if (types) expect(history.map(({ type }) => type)).toEqual(types);
  if (previous) expect(history.map(({ previousEventId }) => previousEventId)).toEqual(previous);
  for (const [type, part] of Object.entries(events ?? {})) {
    const found = history.find((event) => event.type === type);
    expect(Object.entries(found ?? {}).find(([key]) => key.endsWith('EventDetails'))?.[1]).toMatchObject(part);
  }
}

function checkCalls({ calls, sent }: Case, { notes }: TableFunctions): void {
  if (sent) expect(notes.map((note) => note.sent)).toEqual(sent);
  if (!calls) return;
  const seen = notes.map(
    ({ function: name, payload }, i): Json => (typeof calls[i] === 'string' ? name : [name, payload]),
  );
  expect(seen).toEqual(calls);
}
