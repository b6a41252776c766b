import http from 'node:http';
import { type JsonObject, ServiceError } from '#local/parts';
import type { Engines } from './engines.ts';
import type { Reply } from './exchange.ts';

const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

/** What is sent to an engine, byte for byte. */
export interface Forwarded {
  method: string;
  /** With the query. */
  url: string;
  headers: Record<string, string>;
  body: Buffer;
}

/** Sends a request to an engine on loopback and collects its whole answer. */
export function forward(port: number, request: Forwarded): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = { ...request.headers, 'content-length': String(request.body.length) };
    // The body was collected: it goes out with its length, on a connection of our own.
    delete headers['transfer-encoding'];
    delete headers.connection;
    delete headers.expect;
    // fauxqs reads a bucket from the host where it can: the path alone decides, as it did for the access check.
    delete headers.host;
    const outgoing = http.request(
      { host: '127.0.0.1', port, method: request.method, path: request.url, headers, agent },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.once('error', reject);
        answer.once('end', () =>
          resolve({ status: answer.statusCode ?? 502, headers: flat(answer.headers), body: Buffer.concat(chunks) }),
        );
      },
    );
    outgoing.once('error', reject);
    outgoing.end(request.body);
  });
}

const TARGETS = { dynamodb: 'DynamoDB_20120810', sqs: 'AmazonSQS' };
const UNCHECKED_SIGNATURE =
  'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/local/aws4_request, SignedHeaders=host, Signature=0';

/**
 * An AWS JSON call straight to an engine, past signature and IAM: only for parts that check access themselves.
 * @throws ServiceError with the engine's own code
 */
export async function callEngine(
  engines: Pick<Engines, 'dynamo' | 'fauxqsPort'>,
  service: keyof typeof TARGETS,
  operation: string,
  request: JsonObject,
): Promise<JsonObject> {
  const call: Forwarded = {
    method: 'POST',
    url: '/',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `${TARGETS[service]}.${operation}`,
      'x-amz-date': '20260101T000000Z',
      authorization: UNCHECKED_SIGNATURE,
    },
    body: Buffer.from(JSON.stringify(request)),
  };
  const reply = service === 'dynamodb' ? await engines.dynamo(call) : await forward(engines.fauxqsPort, call);
  const answer = (reply.body.length > 0 ? JSON.parse(reply.body.toString()) : {}) as JsonObject;
  if (reply.status < 300) return answer;
  const code = String(answer.__type ?? 'InternalFailure').replace(/^.*#/, '');
  throw new ServiceError(code, String(answer.message ?? answer.Message ?? ''), reply.status);
}

function flat(headers: http.IncomingHttpHeaders): Record<string, string> {
  const one: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) one[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  delete one.connection;
  delete one['keep-alive'];
  delete one['transfer-encoding'];
  return one;
}
