import { ACCOUNT, type Lambdas, REGION, ServiceError } from '#local/parts';
import { jsonReply, type Reply } from './exchange.ts';
import { authorize, type Backstage, notMapped, type SdkCall, type SdkService } from './sdk-call.ts';

/** The sockets of the WebSocket APIs, as `@connections` reaches them. */
export interface Connections {
  post(id: string, data: Buffer): 'ok' | 'gone' | Promise<'ok' | 'gone'>;
  /** What is known of an open connection, e.g. `{connectedAt, lastActiveAt}`; undefined if it is gone. */
  get(id: string): unknown;
  delete(id: string): void;
}

/** `lambda:InvokeFunction`. An Event invocation is answered at once and runs on. */
export function lambdaService(backstage: Backstage, lambdas: Lambdas): SdkService {
  return async (call) => {
    const { method, rawPath, body, headers } = call.request;
    const name = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/.exec(rawPath)?.[1];
    if (!name || method !== 'POST') throw notMapped('lambda', `${method} ${rawPath}`);
    const arn = functionArn(decodeURIComponent(name));
    authorize(backstage, call, 'lambda:InvokeFunction', arn);
    const payload = body.length > 0 ? body.toString() : '{}';
    switch (headers['x-amz-invocation-type'] ?? 'RequestResponse') {
      case 'DryRun':
        return empty(204);
      case 'Event':
        lambdas.invoke(arn, payload).catch((error: unknown) => backstage.log(`lambda: ${arn}: ${String(error)}`));
        return empty(202);
      default: {
        const result = await lambdas.invoke(arn, payload);
        const failed = result.functionError && { 'x-amz-function-error': result.functionError };
        const executed = { 'content-type': 'application/json', 'x-amz-executed-version': '$LATEST' };
        return { status: 200, headers: { ...executed, ...failed }, body: Buffer.from(result.payload) };
      }
    }
  };
}

function functionArn(nameOrArn: string): string {
  return nameOrArn.startsWith('arn:') ? nameOrArn : `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${nameOrArn}`;
}

/** `@connections` of the WebSocket APIs, at `/_ws/<api id>/<stage>/@connections/<connection id>`. */
export function connectionsService(backstage: Backstage, connections: Connections): SdkService {
  return async (call) => {
    const { method, rawPath } = call.request;
    const [, api, stage, encoded = ''] = /^\/_ws\/([^/]+)\/([^/]+)\/@connections\/([^/]+)$/.exec(rawPath) ?? [];
    if (!api || !['POST', 'GET', 'DELETE'].includes(method)) throw notMapped('execute-api', `${method} ${rawPath}`);
    const id = decodeURIComponent(encoded);
    const resource = `arn:aws:execute-api:${REGION}:${ACCOUNT}:${api}/${stage}/${method}/@connections/${id}`;
    authorize(backstage, call, 'execute-api:ManageConnections', resource);
    return await manage(connections, call, id);
  };
}

const MAX_MESSAGE = 128 * 1024;

async function manage(connections: Connections, { request }: SdkCall, id: string): Promise<Reply> {
  const known = connections.get(id);
  if (known === undefined || known === null) throw new ServiceError('GoneException', 'the connection is gone', 410);
  if (request.method === 'GET') return jsonReply(200, known as Record<string, string>);
  if (request.method === 'DELETE') {
    connections.delete(id);
    return empty(204);
  }
  if (request.body.length > MAX_MESSAGE) {
    throw new ServiceError('PayloadTooLargeException', 'a message is at most 128 KB', 413);
  }
  const outcome = await connections.post(id, request.body);
  if (outcome === 'gone') throw new ServiceError('GoneException', 'the connection is gone', 410);
  return empty(200);
}

function empty(status: number): Reply {
  return { status, headers: {}, body: Buffer.alloc(0) };
}
