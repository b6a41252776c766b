import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type * as z from 'zod';
import type { Route } from '#core/api/route';
import { type RouteName, routes } from '#core/api/routes';
import { PatchbayError } from '#core/errors';
import { caps } from '#core/workflow/limits';
import { parsed } from './problems.ts';

/** Who a person's token speaks for. `auth_exp`: when it runs out (ISO). */
export interface Caller {
  tenant: string;
  user: string;
  auth_exp: string;
}

type Row<K extends RouteName> = (typeof routes)[K];

/** A request as a handler gets it: shaped by the route's row. */
export interface HttpRequest<K extends RouteName> {
  params: z.output<Row<K>['params']>;
  query: z.output<Row<K>['query']>;
  body: Row<K>['body'] extends z.ZodType ? z.output<Row<K>['body']> : null;
  caller: Row<K>['auth'] extends 'attempt' ? { token: string } : Caller;
  idempotencyKey: string | undefined;
}

/** HTTP API, payload 2.0. `routeKey` does not carry the stage, the paths do: nothing here reads a path. */
export type HttpEvent = APIGatewayProxyEventV2 & {
  requestContext: { authorizer?: { jwt?: { claims?: Record<string, unknown> } } };
};

/** A greedy `{name+}` of a path arrives as the parameter `name`. */
const byRouteKey = new Map<string, RouteName>(
  (Object.entries(routes) as Array<[RouteName, Route]>).map(([name, row]) => [`${row.method} ${row.path}`, name]),
);

export function routeOf(event: HttpEvent): RouteName {
  const name = byRouteKey.get(event.routeKey);
  if (name === undefined) throw new PatchbayError('not_found', 'There is no such route.');
  return name;
}

/** @throws PatchbayError unauthorized, forbidden, not_found, payload_too_large, invalid_request */
export function requestOf<K extends RouteName>(name: K, event: HttpEvent, tenantClaim: string): HttpRequest<K> {
  const row: Route = routes[name];
  const request = {
    caller: row.auth === 'attempt' ? { token: bearerOf(event) } : callerOf(event, tenantClaim),
    params: paramsOf(row, event),
    query: parsed(row.query, event.queryStringParameters ?? {}, 'query'),
    body: row.body === null ? null : parsed(row.body, bodyOf(event, caps.callbackBytes), 'body'),
    idempotencyKey: idempotencyKeyOf(event),
  };
  return request as HttpRequest<K>;
}

/** JSON of at most `limit` bytes. No body at all is `{}`: every field of some requests has a default. */
export function bodyOf(event: Pick<APIGatewayProxyEventV2, 'body' | 'isBase64Encoded'>, limit: number): unknown {
  if (event.body === undefined || event.body === '') return {};
  const bytes = Buffer.from(event.body, event.isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.byteLength > limit) {
    throw new PatchbayError('payload_too_large', `The body has ${bytes.byteLength} bytes; ${limit} are allowed.`);
  }
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    const problem = 'is not JSON';
    throw new PatchbayError('invalid_request', `The body ${problem}.`, {
      fields: [{ field: 'body', message: problem }],
    });
  }
}

export function bearerOf(event: Pick<APIGatewayProxyEventV2, 'headers'>): string {
  const token = /^Bearer ([\w.~+/-]{1,2000}=*)$/i.exec(event.headers.authorization ?? '')?.[1];
  if (token === undefined) throw new PatchbayError('unauthorized', 'A bearer token is required.');
  return token;
}

/** An id of a wrong form names nothing: 404, as for one that is right and not there. */
function paramsOf(row: Route, event: HttpEvent): Record<string, unknown> {
  const result = row.params.safeParse(event.pathParameters ?? {});
  if (result.success) return result.data;
  const wrong = result.error.issues[0]?.path.join('.') ?? 'id';
  throw new PatchbayError('not_found', `There is nothing under this ${wrong}.`);
}

/** Tenant and user are parts of keys: what could leave its place in one is refused. */
const Tenant = /^[\w.@-]{1,100}$/;
const User = /^[\w.@:|+-]{1,200}$/;

function callerOf(event: HttpEvent, tenantClaim: string): Caller {
  const claims = event.requestContext.authorizer?.jwt?.claims;
  if (claims === undefined) throw new PatchbayError('unauthorized', 'A valid token is required.');
  const user = String(claims.sub ?? '');
  if (!User.test(user)) throw new PatchbayError('forbidden', 'The token’s claim "sub" is missing or not usable.');
  const tenant = claims[tenantClaim] === undefined ? ownTenant(user) : String(claims[tenantClaim]);
  if (claims[tenantClaim] !== undefined && !Tenant.test(tenant)) {
    throw new PatchbayError('forbidden', `The token’s claim "${tenantClaim}", the tenant, is not usable.`);
  }
  const expiry = Number(claims.exp);
  if (!Number.isFinite(expiry)) throw new PatchbayError('unauthorized', 'The token carries no expiry.');
  return { tenant, user, auth_exp: new Date(expiry * 1_000).toISOString() };
}

/** A user without the claim is a tenant alone; `~` starts no claim's value, so nobody can name themselves into it. */
function ownTenant(user: string): string {
  return `~${user.replaceAll(/[^\w.@-]/g, (sign) => `=${sign.charCodeAt(0).toString(16)}`)}`;
}

function idempotencyKeyOf(event: HttpEvent): string | undefined {
  const key = event.headers['idempotency-key'];
  if (key === undefined || (key.length >= 1 && key.length <= 200)) return key;
  const message = 'must have 1 to 200 characters';
  throw new PatchbayError('invalid_request', `The header Idempotency-Key ${message}.`, {
    fields: [{ field: 'Idempotency-Key', message }],
  });
}
