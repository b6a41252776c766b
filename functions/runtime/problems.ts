import type * as z from 'zod';
import { type FieldProblem, PatchbayError } from '#core/errors';

/** Parses what came from outside. @throws PatchbayError invalid_request, naming each field and what is wrong with it */
export function parsed<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const fields = problemsOf(result.error);
  const named = fields.map(({ field, message }) => `${field}: ${message}`).join('; ');
  throw new PatchbayError('invalid_request', `The ${what} is not valid. ${named}`, { fields });
}

/** One entry per field; an unknown field is named itself, not its parent. At most ten: more help nobody. */
export function problemsOf(error: z.ZodError): FieldProblem[] {
  return error.issues.flatMap(problem).slice(0, 10);
}

function problem(issue: z.core.$ZodIssue): FieldProblem[] {
  const path = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys') return [{ field: path.join('.') || '(whole)', message: issue.message }];
  return issue.keys.map((key) => ({ field: clip([...path, key].join('.')), message: 'unknown field; remove it' }));
}

/** The sender chooses these names: an error is not a place to store them. */
function clip(name: string): string {
  return name.length > 100 ? `${name.slice(0, 99)}…` : name;
}
