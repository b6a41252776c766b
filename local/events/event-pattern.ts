import type { Json, JsonObject } from '#local/parts';

type Matcher = (value: Json | undefined) => boolean;

/**
 * Event patterns of EventBridge: nested objects whose leaves are lists of alternatives. Exact values, and the matchers
 * `prefix`, `suffix`, `exists` and `anything-but`; any other one is an error, since ignoring it would match too much.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export function compilePattern(pattern: JsonObject, where: string): (event: JsonObject) => boolean {
  const fields = Object.entries(pattern).map(([name, wanted]): [string, Matcher] => [
    name,
    compile(wanted, `${where}.${name}`),
  ]);
  return (event) => fields.every(([name, matches]) => matches(event[name]));
}

function compile(wanted: Json, where: string): Matcher {
  if (Array.isArray(wanted)) {
    const alternatives = wanted.map((one) => compileLeaf(one, where));
    return (value) => {
      // An array in the event matches by any of its elements.
      const values = Array.isArray(value) ? value : [value];
      return values.some((one) => alternatives.some((matches) => matches(one)));
    };
  }
  if (typeof wanted !== 'object' || wanted === null || where.endsWith('.$or')) {
    throw new Error(`${where}: a list of values is expected in an event pattern`);
  }
  const nested = compilePattern(wanted, where);
  return (value) => nested(typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {});
}

function compileLeaf(wanted: Json, where: string): Matcher {
  if (typeof wanted !== 'object' || wanted === null) return (value) => value === wanted;
  const [[name, argument] = ['nothing', null]] = Object.entries(wanted);
  if (name === 'exists') return (value) => (value !== undefined) === argument;
  if (name === 'prefix' && typeof argument === 'string') {
    return (value) => typeof value === 'string' && value.startsWith(argument);
  }
  if (name === 'suffix' && typeof argument === 'string') {
    return (value) => typeof value === 'string' && value.endsWith(argument);
  }
  if (name === 'anything-but' && (typeof argument !== 'object' || Array.isArray(argument))) {
    const excluded = [argument].flat();
    return (value) => value !== undefined && !excluded.includes(value);
  }
  throw new Error(`${where}: the matcher ${JSON.stringify(wanted)} is not run here`);
}
