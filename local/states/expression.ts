import jsonata from 'jsonata';
import type { Json, JsonObject } from '#local/parts';
import { BUDGET, newBudget, speakStepFunctions } from './dialect.ts';
import { QUERY, StateFailure } from './failure.ts';

/** What an expression can see: `$states` and the variables of its thread. There is no root input. */
export interface Bindings {
  states: JsonObject;
  variables: JsonObject;
}

const compiled = new Map<string, jsonata.Expression>();

export function isExpression(value: Json | undefined): value is string {
  return typeof value === 'string' && value.length >= 4 && value.startsWith('{%') && value.endsWith('%}');
}

export function sourceOf(expression: string): string {
  return expression.slice(2, -2).trim();
}

/** @throws what the JSONata parser throws: `{code, message, position}`. */
export function compile(source: string): jsonata.Expression {
  const known = compiled.get(source);
  if (known) return known;
  const expression = jsonata(source);
  speakStepFunctions(expression);
  compiled.set(source, expression);
  return expression;
}

/**
 * Replaces every expression in a field, at any depth, by its value.
 * @param location of the field as AWS words it, e.g. `Output`, `Catch[0]/Assign`; keys and indices are appended.
 * @throws StateFailure States.QueryEvaluationError
 */
export async function evaluate(field: Json, location: string, bindings: Bindings): Promise<Json> {
  if (isExpression(field)) return evaluateSource(sourceOf(field), location, bindings);
  if (Array.isArray(field)) {
    const items: Json[] = [];
    for (const [i, item] of field.entries()) items.push(await evaluate(item, `${location}[${i}]`, bindings));
    return items;
  }
  if (field === null || typeof field !== 'object') return field;
  const object: JsonObject = {};
  for (const [key, value] of Object.entries(field)) object[key] = await evaluate(value, `${location}/${key}`, bindings);
  return object;
}

interface Kinds {
  array: Json[];
  boolean: boolean;
  number: number;
  object: JsonObject;
  string: string;
}

/** As evaluate, and the value must be of one JSON type. */
export async function evaluateAs<K extends keyof Kinds>(
  kind: K,
  field: Json,
  location: string,
  bindings: Bindings,
): Promise<Kinds[K]> {
  const value = await evaluate(field, location, bindings);
  if (kindOf(value) === kind) return value as Kinds[K];
  throw refused(field, location, `returned an unexpected result type. ${mismatch(kind, value)}`);
}

export function mismatch(kind: string, value: Json): string {
  return `Expected '${kind}', but was '${kindOf(value)}' for value: ${JSON.stringify(value)}`;
}

function kindOf(value: Json): string {
  return Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
}

/** A value of the right type that the field cannot take. */
export function refused(field: Json, location: string, why: string): StateFailure {
  const text = isExpression(field) ? sourceOf(field) : JSON.stringify(field);
  return new StateFailure(QUERY, `The JSONata expression '${text}' specified for the field '${location}' ${why}`, {
    location,
  });
}

async function evaluateSource(source: string, location: string, { states, variables }: Bindings): Promise<Json> {
  const fail = (why: string) => refused(`{%${source}%}`, location, why);
  let value: unknown;
  try {
    value = await compile(source).evaluate(undefined, { ...variables, states, [BUDGET]: newBudget() });
  } catch (error) {
    throw fail(`threw an error during evaluation${tailOf(error)}`);
  }
  if (value === undefined) throw fail('returned nothing (undefined).');
  if (isFunction(value)) throw fail("returned an unexpected result type. Expected a JSON value, but was 'function'");
  return copy(value);
}

/** AWS puts a coded message behind a full stop, any other behind a colon. */
function tailOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return code ? `. ${code}: ${message}` : `: ${message ?? String(error)}`;
}

function isFunction(value: unknown): boolean {
  if (typeof value === 'function') return true;
  return typeof value === 'object' && value !== null && ('_jsonata_lambda' in value || '_jsonata_function' in value);
}

/** Results are tagged sequences that may share structure with their sources: nothing of that may leave. */
function copy(value: unknown): Json {
  return JSON.parse(JSON.stringify(value, (_key, inner) => (isFunction(inner) ? '' : inner)));
}
