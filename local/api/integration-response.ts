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
  headers?: Record<string, unknown> | null;
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
  const value = parse(payload);
  if (value === undefined || isResponse(value)) return proxyResponse(payload);
  return { statusCode: 200, headers: { 'content-type': 'application/json' }, cookies: [], body: Buffer.from(payload) };
}

/** The same where only a value with a `statusCode` is a response: a WebSocket API calls any other malformed. */
export function proxyResponse(payload: string): HttpResponse | undefined {
  const value = parse(payload);
  if (!isResponse(value)) return undefined;
  const { statusCode, headers, cookies = [], body, isBase64Encoded } = value;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 200 || status > 599 || !Array.isArray(cookies)) return undefined;
  const text = body ?? '';
  if (typeof text !== 'string') return undefined;
  const named = Object.entries(headers ?? {}).map(([name, item]) => [name.toLowerCase(), String(item)]);
  return {
    statusCode: status,
    headers: { 'content-type': 'text/plain; charset=utf-8', ...Object.fromEntries(named) },
    cookies: cookies.map(String),
    body: Buffer.from(text, isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

function parse(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}

function isResponse(value: unknown): value is HandlerValue {
  return typeof value === 'object' && value !== null && 'statusCode' in value;
}

/** A response of API Gateway itself. */
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
