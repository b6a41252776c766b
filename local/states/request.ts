import { type Json, type JsonObject, ServiceError } from '#local/parts';

/** Reading the members of a request; a missing or ill-typed one is a ValidationException, as in the SDK protocol. */
export function text(request: JsonObject, member: string): string {
  const value = optionalText(request, member);
  if (value === undefined) throw invalid(member, 'Member must not be null');
  return value;
}

export function optionalText(request: JsonObject, member: string): string | undefined {
  const value = request[member];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw invalid(member, 'Member must be a string');
  return value;
}

export function flag(request: JsonObject, member: string, fallback: boolean): boolean {
  const value = request[member] ?? fallback;
  if (typeof value !== 'boolean') throw invalid(member, 'Member must be a boolean');
  return value;
}

/** Members that the service does not know are refused, so that no caller relies on what is not there. */
export function only(request: JsonObject, operation: string, members: readonly string[]): void {
  const unknown = Object.keys(request).filter((member) => !members.includes(member));
  if (unknown.length > 0)
    throw new ServiceError('ValidationException', `${operation} does not know ${unknown.join(', ')}`);
}

/** A page of a list; the token is an offset, since nothing is ever inserted before it. */
export function page(request: JsonObject, most: number): { limit: number; offset: number } {
  const asked = request.maxResults ?? 0;
  if (typeof asked !== 'number' || asked < 0 || asked > most)
    throw invalid('maxResults', `Member must be 0 to ${most}`);
  const token = optionalText(request, 'nextToken');
  const offset = token === undefined ? 0 : Number.parseInt(token, 36);
  if (Number.isNaN(offset)) throw new ServiceError('InvalidToken', `Invalid Token: '${token}'`);
  return { limit: asked === 0 ? 100 : asked, offset };
}

/** The rows that fit the page, and the token of the next page where there is one. */
export function paged<T>(
  rows: T[],
  { limit, offset }: { limit: number; offset: number },
): { rows: T[]; more: JsonObject } {
  const more = rows.length > limit ? { nextToken: (offset + limit).toString(36) } : {};
  return { rows: rows.slice(0, limit), more };
}

/** @throws ServiceError with the parser's message in it, as AWS words it. */
export function json(source: string, code: string, prefix: string): Json {
  try {
    return JSON.parse(source);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ServiceError(code, `${prefix}: '${why}'`);
  }
}

function invalid(member: string, why: string): ServiceError {
  const message = `1 validation error detected: Value at '${member}' failed to satisfy constraint: ${why}`;
  return new ServiceError('ValidationException', message);
}
