import type { ServerResponse } from 'node:http';

/** What goes back over HTTP. */
export interface HttpResponse {
  statusCode: number;
  headers: Record<string, string>;
  cookies: string[];
  body: Buffer;
}

interface HandlerValue {
  statusCode: unknown;
  headers?: Record<string, unknown>;
  cookies?: unknown;
  body?: unknown;
  isBase64Encoded?: unknown;
}

/**
 * What a handler's value means in payload format 2.0: with a `statusCode` it is the response, without one it is the JSON
 * body of a 200.
 * @returns undefined for a malformed response, which becomes an error of the gateway
 */
export function integrationResponse(payload: string): HttpResponse | undefined {
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('statusCode' in value)) {
    return { ...EMPTY, headers: { 'content-type': 'application/json' }, body: Buffer.from(payload) };
  }
  const { statusCode, headers = {}, cookies = [], body = '', isBase64Encoded } = value as HandlerValue;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 200 || status > 599 || !Array.isArray(cookies)) return undefined;
  const text = body === null ? '' : typeof body === 'string' ? body : undefined;
  if (text === undefined) return undefined;
  const named = Object.entries(headers ?? {}).map(([name, item]) => [name.toLowerCase(), String(item)]);
  return {
    statusCode: status,
    headers: { 'content-type': 'text/plain; charset=utf-8', ...Object.fromEntries(named) },
    cookies: cookies.map(String),
    body: Buffer.from(text, isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

/** A response of the gateway itself; API Gateway writes `message`, Function URLs write `Message`. */
export function gatewayResponse(
  statusCode: number,
  message: string,
  headers: Record<string, string> = {},
): HttpResponse {
  const body = Buffer.from(JSON.stringify({ message }));
  return { statusCode, headers: { 'content-type': 'application/json', ...headers }, cookies: [], body };
}

export function send(response: ServerResponse, { statusCode, headers, cookies, body }: HttpResponse): void {
  if (response.destroyed || response.headersSent) return;
  const { 'content-length': _length, 'transfer-encoding': _encoding, ...kept } = headers;
  response.writeHead(statusCode, {
    ...kept,
    ...(cookies.length > 0 ? { 'set-cookie': cookies } : {}),
    ...(statusCode === 204 || statusCode === 304 ? {} : { 'content-length': body.length }),
  });
  response.end(body);
}

const EMPTY: HttpResponse = { statusCode: 200, headers: {}, cookies: [], body: Buffer.alloc(0) };
