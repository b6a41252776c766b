import './quiet-logs.ts';

import type { Context } from 'aws-lambda';
import type { Route } from '#core/api/route';
import { type RouteName, routes } from '#core/api/routes';
import { catalogueOf } from '#core/models';
import { handlers } from '#functions/api/handlers';
import { httpEntry } from '#functions/runtime/http-entry';
import type { HttpEvent } from '#functions/runtime/http-request';
import type { FakeWorld } from './fake-world.ts';

export interface Call {
  params?: Record<string, string>;
  query?: Record<string, string>;
  /** An object is sent as JSON, a string as it is. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Claims of a verified token; null: the authorizer left none. */
  claims?: Record<string, string> | null;
}

export interface Called {
  status: number;
  headers: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of a body, its type would not.
  body: any;
  text: string;
}

const claims = { sub: 'ada', tenant: 'acme', exp: String(Date.parse('2026-01-05T10:00:00.000Z') / 1_000) };

/** The API on a fake world: a call goes the whole way from API Gateway's event to its response. */
export function anApi(world: FakeWorld) {
  const settings = { catalogue: catalogueOf(''), version: '1.2.3', tenantClaim: 'tenant' };
  const handler = httpEntry({ handlers, tenantClaim: ({ tenantClaim }) => tenantClaim }, () => ({
    ...world,
    ...settings,
  }));
  return async (name: RouteName, call: Call = {}): Promise<Called> => {
    const response = await handler(anHttpEvent(name, call), aContext());
    const text = Buffer.from(response.body ?? '', response.isBase64Encoded ? 'base64' : 'utf8').toString('utf8');
    const headers = response.headers as Record<string, string>;
    const json = headers['content-type'] === 'application/json' && !response.isBase64Encoded;
    return { status: response.statusCode ?? 0, headers, text, body: json ? JSON.parse(text) : undefined };
  };
}

/** As API Gateway sends it (payload 2.0): `routeKey` as in the table, the stage in front of the path. */
export function anHttpEvent(name: RouteName, call: Call = {}): HttpEvent {
  const { method, path }: Route = routes[name];
  const authorizer = call.claims === null ? {} : { authorizer: { jwt: { claims: { ...claims, ...call.claims } } } };
  const body =
    call.body === undefined ? {} : { body: typeof call.body === 'string' ? call.body : JSON.stringify(call.body) };
  return {
    version: '2.0',
    routeKey: `${method} ${path}`,
    rawPath: `/api${path}`,
    rawQueryString: '',
    headers: call.headers ?? {},
    ...(call.params && { pathParameters: call.params }),
    ...(call.query && { queryStringParameters: call.query }),
    isBase64Encoded: false,
    ...body,
    requestContext: { requestId: 'request-1', http: { method, path: `/api${path}` }, ...authorizer },
  } as unknown as HttpEvent;
}

export function aContext(remainingMs = 30_000): Context {
  return { awsRequestId: 'invocation-1', getRemainingTimeInMillis: () => remainingMs } as unknown as Context;
}
