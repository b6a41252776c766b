import type { Json, JsonObject } from '#local/parts';
import { CATCHER_FIELDS, RETRIER_FIELDS } from './lint-fields.ts';
import { fieldsOf, lintAssign, lintValues, objectsIn } from './lint-object.ts';

/** The Catch of a state. */
export function lintCatch(catchers: Json | undefined, at: string): string[] {
  const { objects, findings } = objectsIn(catchers, at);
  const inner = objects.flatMap((catcher, i) => {
    const place = `${at}[${i}]`;
    const missing = typeof catcher.Next === 'string' ? [] : [`${place}: Next is missing`];
    const fields = [...fieldsOf(catcher, CATCHER_FIELDS, place), ...lintValues(catcher, [], place, true)];
    return [
      ...missing,
      ...fields,
      ...lintAssign(catcher.Assign, place),
      ...errorNames(catcher, i === objects.length - 1, place),
    ];
  });
  return [...findings, ...inner];
}

/** The Retry of a state. */
export function lintRetry(retriers: Json | undefined, at: string): string[] {
  const { objects, findings } = objectsIn(retriers, at);
  const inner = objects.flatMap((retrier, i) => {
    const place = `${at}[${i}]`;
    const bounds = RETRY_BOUNDS.flatMap(([field, holds, rule]) => {
      const value = retrier[field];
      return value === undefined || holds(value) ? [] : [`${place}/${field}: must be ${rule}`];
    });
    return [
      ...fieldsOf(retrier, RETRIER_FIELDS, place),
      ...bounds,
      ...errorNames(retrier, i === objects.length - 1, place),
    ];
  });
  return [...findings, ...inner];
}

const integerFrom = (least: number, most: number) => (value: Json) =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;

const RETRY_BOUNDS: [field: string, holds: (value: Json) => boolean, rule: string][] = [
  ['IntervalSeconds', integerFrom(1, 99_999_999), 'a positive integer'],
  ['MaxAttempts', integerFrom(0, 99_999_999), 'a non-negative integer'],
  ['BackoffRate', (value) => typeof value === 'number' && value >= 1, 'a number of at least 1'],
  ['MaxDelaySeconds', integerFrom(1, 31_622_400), 'a positive integer'],
  ['JitterStrategy', (value) => value === 'FULL' || value === 'NONE', 'FULL or NONE'],
];

function errorNames({ ErrorEquals }: JsonObject, isLast: boolean, at: string): string[] {
  if (
    !Array.isArray(ErrorEquals) ||
    ErrorEquals.length === 0 ||
    !ErrorEquals.every((name) => typeof name === 'string')
  ) {
    return [`${at}: ErrorEquals must be a list of names`];
  }
  const hasAll = ErrorEquals.includes('States.ALL');
  return hasAll && (ErrorEquals.length > 1 || !isLast) ? [`${at}: States.ALL must stand alone, and last`] : [];
}
