import { randomUUID } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Json, ServiceError } from '#local/parts';

/** A request as it arrived at one of the gateway's listeners, its body collected. */
export interface Incoming {
  method: string;
  /** As on the wire, still percent-encoded, without the query. */
  rawPath: string;
  rawQuery: string;
  /** Decoded; a repeated name has an array. */
  query: Record<string, string | string[]>;
  /** Lower-case names. */
  headers: Record<string, string>;
  body: Buffer;
}

export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** The largest body a listener takes: well above what S3's engine does, so that the engine's own error is seen. */
const MAX_BODY = 64 * 1024 * 1024;

/** A listener on loopback. `answer` never throws for a caller's mistake: unexpected errors become 500. */
export async function listen(
  port: number,
  answer: (request: Incoming) => Promise<Reply>,
  log: (line: string) => void,
): Promise<{ port: number; stop(): Promise<void> }> {
  const server = http.createServer((request, response) => {
    collect(request)
      .then(answer)
      .catch((error: unknown) => {
        if (error instanceof ServiceError) return jsonError(error);
        if (error instanceof URIError) return jsonError(new ServiceError('InvalidURI', 'the URI is not well encoded'));
        log(`gateway: ${request.method} ${request.url}: ${error instanceof Error ? error.stack : String(error)}`);
        return jsonReply(500, { __type: 'InternalFailure', message: String(error) });
      })
      .then((reply) => send(response, request.method === 'HEAD', reply));
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function collect(request: http.IncomingMessage): Promise<Incoming> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) throw new ServiceError('RequestEntityTooLarge', 'the body is too large for this machine', 413);
    chunks.push(chunk);
  }
  const [rawPath = '/', ...rest] = (request.url ?? '/').split('?');
  const rawQuery = rest.join('?');
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name] = [value ?? ''].flat().join(',');
  const body = Buffer.concat(chunks);
  return { method: request.method ?? 'GET', rawPath, rawQuery, query: parseQuery(rawQuery), headers, body };
}

/** A plus sign is a plus sign: signed queries encode a blank as %20. */
function parseQuery(raw: string): Incoming['query'] {
  const query: Incoming['query'] = {};
  for (const pair of raw.split('&').filter(Boolean)) {
    const cut = pair.indexOf('=');
    const name = decodeURIComponent(cut < 0 ? pair : pair.slice(0, cut));
    const value = cut < 0 ? '' : decodeURIComponent(pair.slice(cut + 1));
    const known = query[name];
    query[name] = known === undefined ? value : [known, value].flat();
  }
  return query;
}

function send(response: http.ServerResponse, isHead: boolean, reply: Reply): void {
  const length = isHead ? (reply.headers['content-length'] ?? '0') : String(reply.body.length);
  response.writeHead(reply.status, { ...reply.headers, 'content-length': length });
  response.end(isHead ? undefined : reply.body);
}

export function jsonReply(status: number, value: Json, headers: Record<string, string> = {}): Reply {
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID(), ...headers },
    body: Buffer.from(JSON.stringify(value)),
  };
}

/** An error in AWS's JSON protocols: the SDK reads the code from `__type` or, for REST services, from the header. */
export function jsonError(error: ServiceError): Reply {
  const body = { __type: error.code, message: error.message, Message: error.message };
  return jsonReply(error.status, body, { 'x-amzn-errortype': error.code });
}

/** An error as S3 answers it. `details` are further elements, e.g. `ProposedSize`. */
export function xmlError(error: ServiceError, details: Record<string, string> = {}): Reply {
  const requestId = randomUUID();
  const elements = { Code: error.code, Message: error.message, ...details, RequestId: requestId };
  const inner = Object.entries(elements).map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`);
  return {
    status: error.status,
    headers: { 'content-type': 'application/xml', 'x-amz-request-id': requestId },
    body: Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n<Error>${inner.join('')}</Error>`),
  };
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
