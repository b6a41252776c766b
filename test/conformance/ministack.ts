/**
 * A second opinion on the interpreter: runs the cases of `test/local/states/cases` on MiniStack (PyPI `ministack` 1.5.33, MIT)
 * and prints where it differs from what they expect. It is no judge: where the two differ, AWS decides.
 *
 *   MINISTACK=/path/to/ministack node test/conformance/ministack.ts [--history] [part of a case's name]
 *
 * Histories are compared on demand only: MiniStack's leave out events that are on record for AWS (TaskStarted, Map events).
 */
import { spawn } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcp } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import type { Json, JsonObject } from '#local/parts';
import { type CallNote, TableFunctions } from '#local/states/function-table';
import type { Case } from '#test/local/states/cases/case';
import { CATCH_CASES } from '#test/local/states/cases/catch';
import { CHOICE } from '#test/local/states/cases/choice';
import { ENDS } from '#test/local/states/cases/ends';
import { EXPRESSION } from '#test/local/states/cases/expression';
import { MAP } from '#test/local/states/cases/map';
import { MAP_FAILURES } from '#test/local/states/cases/map-failures';
import { PARALLEL } from '#test/local/states/cases/parallel';
import { PASS } from '#test/local/states/cases/pass';
import { RETRY_CASES } from '#test/local/states/cases/retry';
import { TASK } from '#test/local/states/cases/task';
import { TOKEN_CASES } from '#test/local/states/cases/token';
import { VARIABLES } from '#test/local/states/cases/variables';
import { WAIT } from '#test/local/states/cases/wait';
import { MiniStack } from './ministack-client.ts';

const CASES = [
  ...[PASS, EXPRESSION, VARIABLES, TASK, RETRY_CASES, CATCH_CASES, TOKEN_CASES],
  ...[MAP, MAP_FAILURES, PARALLEL, CHOICE, WAIT, ENDS],
].flat();
const HISTORY = process.argv.includes('--history');
const AT_ONCE = 6;
/** Real seconds: MiniStack knows no scale, so an execution that takes longer is given up. */
const PATIENCE_MS = 45_000;

interface Difference {
  name: string;
  source: string;
  field: string;
  expected: Json;
  found: Json;
}

async function freePort(): Promise<number> {
  const server = createTcp();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

/** The handlers inside MiniStack ask here what to do: one table for each case, under the prefix of its functions. */
function backOffice(tables: Map<string, TableFunctions>): Server {
  return createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', async () => {
      const { name, payload } = JSON.parse(Buffer.concat(chunks).toString());
      const [prefix = '', fn = ''] = String(name).split('-f-');
      const answer = await tables
        .get(prefix)
        ?.invoke(fn, JSON.stringify(payload))
        .catch(() => undefined);
      response.end(JSON.stringify(answer ?? { payload: '{"errorType":"Refused"}', functionError: 'Unhandled' }));
    });
  });
}

async function main(filter: string): Promise<void> {
  const port = await freePort();
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, BIND_HOST: '127.0.0.1', GATEWAY_PORT: String(port) };
  const child = spawn(process.env.MINISTACK ?? 'ministack', [], { env, stdio: 'ignore' });
  const tables = new Map<string, TableFunctions>();
  const office = backOffice(tables);
  await new Promise<void>((done) => office.listen(0, '127.0.0.1', done));
  try {
    const backOfficePort = (office.address() as AddressInfo).port;
    const stack = new MiniStack(`http://127.0.0.1:${port}`, `http://127.0.0.1:${backOfficePort}`);
    await stack.ready();
    const chosen = CASES.filter(({ name }) => name.includes(filter));
    const differences = (await inParallel(chosen, (one, i) => compare(stack, one, `c${i}`, tables))).flat();
    print(chosen.length, differences);
  } finally {
    child.kill('SIGKILL');
    office.close();
  }
}

async function inParallel<T, R>(items: T[], work: (item: T, i: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async () => {
    for (let i = next++; i < items.length; i = next++) results[i] = await work(items[i] as T, i);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return results;
}

/** MiniStack calls every failure of a handler by this name, so a case's own name for it becomes this one. */
function renamed(one: Case): Case {
  const names = new Set(JSON.stringify(one.functions ?? {}).match(/(?<="errorType":")[^"]+/g));
  const [name] = names;
  if (names.size !== 1 || name === undefined) return one;
  const rename = (value: unknown) =>
    JSON.parse(JSON.stringify(value).replaceAll(`"${name}"`, '"Runtime.HandlerError"'));
  const { machine, output, error } = one;
  return {
    ...one,
    machine: rename(machine),
    ...(output === undefined ? {} : { output: rename(output) }),
    ...(error === undefined ? {} : { error: rename(error) }),
  };
}

async function compare(stack: MiniStack, given: Case, prefix: string, tables: Map<string, TableFunctions>) {
  const one = renamed(given);
  const table = one.functions ?? {};
  tables.set(prefix, new TableFunctions({ table, timeScale: 1, call: (op, request) => stack.states(op, request) }));
  const difference = (field: string, expected: Json, found: Json): Difference[] =>
    isDeepStrictEqual(expected, found)
      ? []
      : [{ name: one.name, source: one.source ?? 'spec', field, expected, found }];
  try {
    for (const name of Object.keys(table)) await stack.createFunction(`${prefix}-f-${name}`);
    const { reply, types } = await stack.run(prefix, withPrefix(one.machine, prefix), one.input ?? {}, PATIENCE_MS);
    const status = one.status ?? (one.error === undefined ? 'SUCCEEDED' : 'FAILED');
    const output = typeof reply.output === 'string' ? JSON.parse(reply.output) : null;
    return [
      ...difference('status', status, reply.status ?? null),
      ...difference('error', one.error ?? null, reply.error ?? null),
      ...(one.output === undefined ? [] : difference('output', one.output, output)),
      ...(one.types === undefined || !HISTORY ? [] : difference('history', one.types, types)),
      ...sentDifferences(one, tables.get(prefix)?.notes ?? [], difference),
    ];
  } catch (error) {
    return difference('refused', null, error instanceof Error ? error.message : String(error));
  }
}

function sentDifferences(one: Case, notes: CallNote[], difference: (f: string, e: Json, a: Json) => Difference[]) {
  return one.sent === undefined
    ? []
    : difference(
        'sent',
        one.sent,
        notes.map(({ sent }) => sent),
      );
}

/** Functions are named by literals in the cases; where they are not, MiniStack finds none, and that is a difference. */
function withPrefix(value: JsonObject, prefix: string): JsonObject {
  const text = JSON.stringify(value).replaceAll(/"FunctionName":"(\w+)"/g, `"FunctionName":"${prefix}-f-$1"`);
  return JSON.parse(text);
}

function print(cases: number, differences: Difference[]): void {
  const short = (value: Json) => {
    const text = JSON.stringify(value);
    return text.length > 90 ? `${text.slice(0, 87)}...` : text;
  };
  for (const { name, source, field, expected, found } of differences) {
    console.log(
      `${name} [${source}]\n  ${field.padEnd(8)} expected ${short(expected)}\n  ${''.padEnd(8)} found    ${short(found)}`,
    );
  }
  const names = new Set(differences.map(({ name }) => name));
  console.log(`${cases} cases, ${cases - names.size} the same, ${names.size} differ`);
}

await main(process.argv.slice(2).find((argument) => argument !== '--history') ?? '');
