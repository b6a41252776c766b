import type { HttpRequest } from './http-request.ts';
import type { HttpResponse } from './integration-response.ts';

/** `CorsConfiguration` of an HTTP API, `Cors` of a Function URL. */
export interface Cors {
  AllowOrigins?: string[];
  AllowMethods?: string[];
  AllowHeaders?: string[];
  ExposeHeaders?: string[];
  MaxAge?: number;
  AllowCredentials?: boolean;
}

/** The answer to a preflight; routes and authorizers are not asked. Undefined if it is none. */
export function preflight(cors: Cors | undefined, request: HttpRequest): HttpResponse | undefined {
  if (!cors || request.method !== 'OPTIONS') return undefined;
  const allowed = originHeaders(cors, request);
  const headers: Record<string, string> = { ...allowed };
  if (allowed['access-control-allow-origin']) {
    if (cors.AllowMethods?.length) headers['access-control-allow-methods'] = cors.AllowMethods.join(',');
    if (cors.AllowHeaders?.length) headers['access-control-allow-headers'] = cors.AllowHeaders.join(',');
    if (cors.MaxAge !== undefined) headers['access-control-max-age'] = String(cors.MaxAge);
  }
  return { statusCode: 204, headers, cookies: [], body: Buffer.alloc(0) };
}

/** Adds the headers that a browser asks for; with a configuration, those of the handler do not count. */
export function withCors(cors: Cors | undefined, request: HttpRequest, response: HttpResponse): HttpResponse {
  if (!cors) return response;
  const own = Object.entries(response.headers).filter(([name]) => !name.startsWith('access-control-'));
  const headers = { ...Object.fromEntries(own), ...originHeaders(cors, request) };
  if (headers['access-control-allow-origin'] && cors.ExposeHeaders?.length) {
    headers['access-control-expose-headers'] = cors.ExposeHeaders.join(',');
  }
  return { ...response, headers };
}

function originHeaders(cors: Cors, { headers }: HttpRequest): Record<string, string> {
  const origin = headers.origin;
  if (origin === undefined || !cors.AllowOrigins?.some((allowed) => matches(allowed, origin))) return {};
  const any = cors.AllowOrigins.includes('*') && !cors.AllowCredentials;
  return {
    'access-control-allow-origin': any ? '*' : origin,
    ...(any ? {} : { vary: 'origin' }),
    ...(cors.AllowCredentials ? { 'access-control-allow-credentials': 'true' } : {}),
  };
}

/** `*`, a scheme with `*` behind it, or the origin itself. */
function matches(allowed: string, origin: string): boolean {
  if (allowed === '*' || allowed.toLowerCase() === origin.toLowerCase()) return true;
  return /^https?:\/\/\*$/.test(allowed) && origin.startsWith(allowed.slice(0, -1));
}
