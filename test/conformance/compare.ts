import { isDeepStrictEqual } from 'node:util';
import type { Json, JsonObject } from '#local/parts';
import { TableFunctions } from '#local/states/function-table';
import type { Case } from '#test/local/states/cases/case';
import type { MiniStack } from './ministack-client.ts';

/** One field of a case in which MiniStack answers otherwise than the case expects. */
export interface Difference {
  name: string;
  source: string;
  field: string;
  expected: Json;
  found: Json;
}

export interface Comparing {
  stack: MiniStack;
  /** Behaviours by the prefix of their functions' names; filled here, read by the back office. */
  tables: Map<string, TableFunctions>;
  /** Histories are compared on demand: MiniStack's leave out events that are on record for AWS (TaskStarted, Map events). */
  history: boolean;
}

/** Real seconds: MiniStack knows no time scale, so an execution that takes longer is given up as still running. */
const PATIENCE_MS = 45_000;

/** Runs the case on MiniStack, its functions under a prefix of their own. Not compared: causes, whose words are AWS's own. */
export async function compare(run: Comparing, given: Case, prefix: string): Promise<Difference[]> {
  const { stack, tables } = run;
  const one = renamed(given);
  const table = one.functions ?? {};
  const functions = new TableFunctions({ table, timeScale: 1, call: (op, request) => stack.states(op, request) });
  tables.set(prefix, functions);
  const difference = (field: string, expected: Json, found: Json): Difference[] =>
    isDeepStrictEqual(plain(expected), plain(found))
      ? []
      : [{ name: one.name, source: one.source ?? 'spec', field, expected, found: withoutPrefix(found, prefix) }];
  try {
    for (const name of Object.keys(table)) await stack.createFunction(`${prefix}-f-${name}`);
    const input = one.input === undefined ? {} : one.input;
    const { reply, types } = await stack.run(prefix, withPrefix(one, prefix), input, PATIENCE_MS);
    const status = one.status ?? (one.error === undefined ? 'SUCCEEDED' : 'FAILED');
    const output = typeof reply.output === 'string' ? JSON.parse(reply.output) : null;
    const sent = functions.notes.map((note) => note.sent);
    return [
      ...difference('status', status, reply.status ?? null),
      ...difference('error', one.error ?? null, reply.error ?? null),
      ...(one.output === undefined ? [] : difference('output', one.output, output)),
      ...(one.types === undefined || !run.history ? [] : difference('history', one.types, types)),
      ...(one.sent === undefined ? [] : difference('sent', one.sent, sent)),
    ];
  } catch (error) {
    return difference('refused', null, error instanceof Error ? error.message : String(error));
  }
}

/** MiniStack calls every failure of a handler by this name, so a case's own name for it becomes this one. */
function renamed(one: Case): Case {
  const names = new Set(JSON.stringify(one.functions ?? {}).match(/(?<="errorType":")[^"]+/g));
  const [name] = names;
  if (names.size !== 1 || name === undefined) return one;
  const rename = (value: unknown) =>
    JSON.parse(
      JSON.stringify(value)
        .replaceAll(`"${name}"`, '"Runtime.HandlerError"')
        // Inside a Cause, which is text of JSON.
        .replaceAll(`\\"${name}\\"`, '\\"Runtime.HandlerError\\"'),
    );
  const { machine, output, error } = one;
  return {
    ...one,
    machine: rename(machine),
    ...(output === undefined ? {} : { output: rename(output) }),
    ...(error === undefined ? {} : { error: rename(error) }),
  };
}

/** A Cause is JSON text of a function's error: two texts of the same error are the same, a traceback or not. */
function plain(value: Json): Json {
  if (Array.isArray(value)) return value.map(plain);
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, key === 'Cause' ? errorIn(inner) : plain(inner)]),
    );
  return value;
}

function errorIn(cause: Json): Json {
  if (typeof cause !== 'string' || !cause.startsWith('{')) return cause;
  const { errorType = null, errorMessage = null } = JSON.parse(cause) as JsonObject;
  return { errorType, errorMessage };
}

/** As the case itself names its functions. */
function withoutPrefix(found: Json, prefix: string): Json {
  return JSON.parse(JSON.stringify(found).replaceAll(`${prefix}-f-`, '')) as Json;
}

/** Names functions with the prefix, in arguments, in expressions, and in ARNs. */
function withPrefix({ machine }: Case, prefix: string): JsonObject {
  const text = JSON.stringify(machine)
    .replaceAll(/"FunctionName":"(\w+)"/g, `"FunctionName":"${prefix}-f-$1"`)
    .replaceAll(/(\\"FunctionName\\": \\")(\w+)/g, `$1${prefix}-f-$2`)
    .replaceAll(/:function:(\w+)/g, `:function:${prefix}-f-$1`);
  return JSON.parse(text);
}
