import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Json, JsonObject, States } from '#local/parts';
import { TableFunctions } from '#local/states/function-table';
import { startStates } from '#local/states/service';
import type { Case } from './cases/case.ts';

const TIME_SCALE = 50;
const arnOf = (i: number) => `arn:aws:states:us-east-1:000000000000:stateMachine:case-${i}`;
const roleOf = (i: number) => `arn:aws:iam::000000000000:role/case-${i}`;

/** Runs cases, by suite, all in one service: each has a machine and a role of its own; the role says whose functions. */
export function runCases(suites: Record<string, Case[]>): void {
  const all = Object.values(suites).flat();
  const stateDir = mkdtempSync(join(tmpdir(), 'states-cases-'));
  const functions = all.map(({ functions: table = {} }) => {
    const call = (operation: string, request: JsonObject) => states.call(operation, request);
    return new TableFunctions({ table, timeScale: TIME_SCALE, call });
  });
  let states: States;

  beforeAll(async () => {
    states = await startStates({
      machines: all.map(({ machine }, i) => ({
        arn: arnOf(i),
        name: 'Sample',
        roleArn: roleOf(i),
        definition: machine,
      })),
      invoke: (arn, payload, { roleArn }) => functions[Number(roleArn.split('-').at(-1))]!.invoke(arn, payload),
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

  for (const [suite, cases] of Object.entries(suites)) {
    describe.concurrent(suite, () => {
      for (const one of cases) {
        const i = all.indexOf(one);
        test(one.name, () => check(states, arnOf(i), one, functions[i]!));
      }
    });
  }
}

async function check(states: States, stateMachineArn: string, one: Case, functions: TableFunctions): Promise<void> {
  const input = JSON.stringify(one.input === undefined ? {} : one.input);
  const { executionArn } = await states.call('StartExecution', { stateMachineArn, input });
  const reply = await ended(states, String(executionArn));

  expect(reply).toMatchObject({ status: one.status ?? (one.error === undefined ? 'SUCCEEDED' : 'FAILED') });
  if (one.output !== undefined) expect(JSON.parse(String(reply.output))).toEqual(one.output);
  expect(reply.error).toEqual(one.error);
  if (one.cause !== undefined) expect(reply.cause).toEqual(matching(one.cause));
  await checkHistory(states, one, String(executionArn));
  checkCalls(one, functions);
}

function matching(cause: string | RegExp): unknown {
  return typeof cause === 'string' ? cause : expect.stringMatching(cause);
}

async function ended(states: States, executionArn: string): Promise<JsonObject> {
  for (;;) {
    const reply = await states.call('DescribeExecution', { executionArn });
    if (reply.status !== 'RUNNING') return reply;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function checkHistory(states: States, one: Case, executionArn: string): Promise<void> {
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
