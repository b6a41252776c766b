import type { Json, JsonObject } from '#local/parts';
import { isExpression, sourceOf } from './expression.ts';
import { lintExpression } from './lint-expression.ts';
import { CONSTANT_FIELDS, REFUSED_FIELDS } from './lint-fields.ts';

/** Fields of an object that are not in its table. */
export function fieldsOf(object: JsonObject, known: readonly string[], at: string): string[] {
  return Object.keys(object)
    .filter((field) => !known.includes(field))
    .map((field) => {
      const reason = REFUSED_FIELDS[field];
      return `${at}: Field '${field}' is not supported${reason ? `: ${reason}` : ''}`;
    });
}

/** Expressions of a field, at any depth, and what they must not be. */
export function expressionsOf(value: Json, at: string, inCatch: boolean): string[] {
  if (isExpression(value))
    return lintExpression(sourceOf(value), inCatch).map((finding) => `${at}: ${value} ${finding}`);
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const jsonPath = key.endsWith('.$')
      ? [`${at}/${key}: JSONPath is not supported, nor is a key that ends in .$`]
      : [];
    return [...jsonPath, ...expressionsOf(inner, `${at}/${key}`, inCatch)];
  });
}

/** All fields of a state, rule or catcher that may hold expressions, and those that must not. */
export function lintValues(object: JsonObject, skip: readonly string[], at: string, inCatch = false): string[] {
  return Object.entries(object).flatMap(([field, value]) => {
    if (skip.includes(field)) return [];
    if (!CONSTANT_FIELDS.has(field)) return expressionsOf(value, `${at}/${field}`, inCatch);
    return isExpression(value) ? [`${at}/${field}: must be a constant, not an expression`] : [];
  });
}

export function lintAssign(assign: Json | undefined, at: string): string[] {
  if (assign === undefined) return [];
  if (!isObject(assign)) return [`${at}/Assign: must be an object`];
  return Object.keys(assign)
    .filter((name) => name === 'states' || !/^[\p{L}_][\p{L}\p{N}_]{0,79}$/u.test(name))
    .map((name) => `${at}/Assign: '${name}' cannot be the name of a variable`);
}

export function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** A list of objects; findings for what is not. */
export function objectsIn(value: Json | undefined, at: string): { objects: JsonObject[]; findings: string[] } {
  if (value === undefined) return { objects: [], findings: [] };
  if (!Array.isArray(value) || !value.every(isObject))
    return { objects: [], findings: [`${at}: must be a list of objects`] };
  return { objects: value.filter(isObject), findings: [] };
}
