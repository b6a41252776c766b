import type { IncomingMessage } from 'node:http';

/** A request as it came in over HTTP, its body read. */
export interface HttpRequest {
  method: string;
  /** As sent: still encoded, without the query. */
  path: string;
  /** Without the question mark. */
  queryString: string;
  /** Lower-case names; values sent several times are joined by commas, as payload 2.0 wants them. */
  headers: Record<string, string>;
  cookies: string[];
  body: Buffer;
  sourceIp: string;
}

/** The largest request that API Gateway hands to a function, which takes 6 MB. */
const MAX_BODY_BYTES = 6 * 1024 * 1024;

/** @returns undefined if the body is too large; the rest of it is not read. */
export async function readHttpRequest(request: IncomingMessage): Promise<HttpRequest | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk as Buffer);
  }
  return { ...requestHead(request), body: Buffer.concat(chunks) };
}

/** The same of an upgrade request, which has no body. */
export function requestHead(request: IncomingMessage): HttpRequest {
  const [path = '/', ...query] = (request.url ?? '/').split('?');
  const headers = new Map<string, string>();
  const { rawHeaders } = request;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    const before = headers.get(name);
    headers.set(name, before === undefined ? (rawHeaders[i + 1] ?? '') : `${before},${rawHeaders[i + 1] ?? ''}`);
  }
  const cookie = headers.get('cookie');
  headers.delete('cookie');
  return {
    method: request.method ?? 'GET',
    path,
    queryString: query.join('?'),
    headers: Object.fromEntries(headers),
    cookies: cookie === undefined ? [] : cookie.split(/;\s*|,\s*/).filter(Boolean),
    body: Buffer.alloc(0),
    sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
  };
}
