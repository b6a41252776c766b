import type { Json, JsonObject } from '#local/parts';
import { MACHINE_FIELDS } from './lint-fields.ts';
import { lintFlow } from './lint-flow.ts';
import { fieldsOf, isObject } from './lint-object.ts';

/**
 * Everything in a definition that the interpreter would not run as AWS does, or that AWS would refuse: unknown fields and
 * state types, JSONPath, distributed Maps, expressions that do not compile on jsonata 2.0.6, missing targets, token states
 * that could wait for ever. It does not lean on asl-validator, which costs 0.3 s a machine, passes half of these, and refuses
 * what AWS takes (an Output that is a scalar).
 * @returns one finding a line, each with its place in the definition; empty when it can be run.
 */
export function lintDefinition(definition: JsonObject): string[] {
  const { QueryLanguage, TimeoutSeconds, Version } = definition;
  const findings = fieldsOf(definition, MACHINE_FIELDS, '/');
  if (QueryLanguage !== 'JSONata') findings.push("/: QueryLanguage must be 'JSONata'");
  if (Version !== undefined && Version !== '1.0') findings.push("/: Version must be '1.0'");
  if (TimeoutSeconds !== undefined && !isPositiveInteger(TimeoutSeconds)) {
    findings.push('/: TimeoutSeconds of the machine must be a positive integer, never an expression');
  }
  return [...findings, ...lintFlow(definition, ''), ...duplicates(definition)];
}

function isPositiveInteger(value: Json): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value > 0;
}

/** Names of states are unique in the whole machine, not only beside each other. */
function duplicates(definition: JsonObject): string[] {
  const names = namesIn(definition);
  const twice = new Set(names.filter((name, i) => names.indexOf(name) !== i));
  return [...twice].map((name) => `/: the machine has more than one state '${name}'`);
}

function namesIn({ States }: JsonObject): string[] {
  if (!isObject(States)) return [];
  return Object.entries(States).flatMap(([name, state]) => {
    if (!isObject(state)) return [name];
    const branches = Array.isArray(state.Branches) ? state.Branches : [];
    const inner = [state.ItemProcessor, ...branches].filter(isObject);
    return [name, ...inner.flatMap(namesIn)];
  });
}
