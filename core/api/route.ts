import * as z from 'zod';
import type { ErrorCode } from '#core/errors';

/** One route of the HTTP API. It may also answer `commonErrors`; `errors` names the others. */
export interface Route {
  method: 'GET' | 'POST';
  path: string;
  summary: string;
  /** jwt: a person's token. attempt: a runner's token, checked by the function. */
  auth: 'jwt' | 'attempt';
  /** Which function serves it. */
  function: 'api' | 'callbacks';
  params: z.ZodObject;
  query: z.ZodObject;
  body: z.ZodType | null;
  /** Takes an `Idempotency-Key`: sent again with the same one, nothing new is made. */
  keyed: boolean;
  /** Status and body of success; `repeated`: when nothing new was made. `null`: a file's bytes or a 302 to them. */
  success: { status: 200 | 201 | 202; repeated?: 200; body: z.ZodType | null };
  errors: readonly ErrorCode[];
}

const none = z.object({});

/** A row of the table, with what most rows have in common. */
export function row<const R extends Partial<Omit<Route, 'method' | 'path' | 'summary'>> & Pick<Route, 'success'>>(
  method: Route['method'],
  path: string,
  summary: string,
  rest: R,
) {
  const defaults = {
    auth: 'jwt',
    function: 'api',
    params: none,
    query: none,
    body: null,
    keyed: false,
    errors: [],
  } as const;
  return { method, path, summary, ...defaults, ...rest } as {
    method: Route['method'];
    path: string;
    summary: string;
  } & Omit<typeof defaults, keyof R> &
    R;
}

/** Errors that any route may answer: the request's shape, its token, its ids, its size, and ours. */
export const commonErrors: readonly ErrorCode[] = [
  'invalid_request',
  'unauthorized',
  'forbidden',
  'not_found',
  'payload_too_large',
  'internal',
  'unavailable',
];
