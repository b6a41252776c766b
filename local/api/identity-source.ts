import type { HttpRequest } from './http-request.ts';

/**
 * What an identity source finds in a request: `$request.header.X`, `$request.querystring.X`, and for a WebSocket API
 * `route.request.header.X`, `route.request.querystring.X`. Undefined or empty counts as missing.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
 * @throws on an expression of another kind
 */
export function identityValue(source: string, request: HttpRequest): string | undefined {
  const [, place, name = ''] = /^(?:\$|route\.)request\.(header|querystring)\.(.+)$/.exec(source) ?? [];
  if (place === 'header') return request.headers[name.toLowerCase()];
  if (place === 'querystring') return new URLSearchParams(request.queryString).get(name) ?? undefined;
  throw new Error(`identity source ${source}`);
}
