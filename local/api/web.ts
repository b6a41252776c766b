import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import type { Resource } from '#local/parts';
import type { ApiParts } from './api-parts.ts';
import { createHttpApi, type HttpApi } from './http-api.ts';
import { readHttpRequest } from './http-request.ts';
import { gatewayResponse, send } from './integration-response.ts';
import { refuse, SocketApi } from './socket-api.ts';
import { type Connections, OpenConnections } from './socket-connections.ts';

export interface WebOptions extends ApiParts {
  port: number;
  /** Divides the life times of sockets. */
  timeScale?: number;
  /** What lies at paths that belong to no stage: the site. Without it they answer 404. */
  site?: (request: IncomingMessage, response: ServerResponse) => void;
}

export interface Web {
  /** What `@connections` of the SDK listener acts on. */
  connections: Connections;
  stop(): Promise<void>;
}

/**
 * One loopback listener for the APIs of the template, each at `/<stage>`: in the browser they share an origin with the
 * site, as behind a distribution in the cloud.
 */
export async function startWeb(options: WebOptions): Promise<Web> {
  const connections = new OpenConnections(options.count, options.timeScale ?? 1);
  const apis = stagesOf(options, 'HTTP').map(({ api, stage }) => createHttpApi(api, stage, options));
  const sockets = stagesOf(options, 'WEBSOCKET').map(
    ({ api, stage }) => new SocketApi(api, stage, connections, options),
  );
  const server = createServer((request, response) => {
    respond(request, response, apis, options).catch((error: unknown) => {
      options.log(`${request.method} ${request.url}: ${error instanceof Error ? error.message : error}`);
      response.destroy();
    });
  });
  server.on('upgrade', (request, socket, head) => {
    const path = (request.url ?? '/').split('?')[0]?.replace(/\/$/, '');
    const api = sockets.find(({ stage }) => path === `/${stage}`);
    // A client that leaves must not end the stack, and one that leaves without a word is no news.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET') options.log(`upgrade of ${path}: ${error.message}`);
    });
    if (api) void api.upgrade(request, socket, head);
    else refuse(socket, 403);
  });
  await listen(server, options.port);
  return {
    connections,
    stop: () =>
      new Promise((resolve) => {
        connections.closeAll();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function respond(request: IncomingMessage, response: ServerResponse, apis: HttpApi[], options: WebOptions) {
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  const found = stageOf(apis, path);
  if (!found) {
    if (options.site) options.site(request, response);
    else send(response, gatewayResponse(404, 'Not Found'));
    return;
  }
  const whole = await readHttpRequest(request);
  if (whole) send(response, await found.api.handle(whole, found.path));
  else send(response, gatewayResponse(413, 'Request Entity Too Large', { connection: 'close' }));
}

/** Every stage of the template's APIs of one protocol. */
function stagesOf({ assembly }: Pick<ApiParts, 'assembly'>, protocol: 'HTTP' | 'WEBSOCKET') {
  return assembly.byType('AWS::ApiGatewayV2::Stage').flatMap((stage): { api: Resource; stage: Resource }[] => {
    const api = assembly.find('AWS::ApiGatewayV2::Api', String(stage.properties.ApiId));
    return api.properties.ProtocolType === protocol ? [{ api, stage }] : [];
  });
}

/** A named stage is the first segment of the path; `$default` has none, and comes last. */
function stageOf(apis: HttpApi[], path: string): { api: HttpApi; path: string } | undefined {
  for (const api of apis) {
    const prefix = `/${api.stage}`;
    if (path === prefix || path.startsWith(`${prefix}/`)) return { api, path: path.slice(prefix.length) || '/' };
  }
  const api = apis.find(({ stage }) => stage === '$default');
  return api && { api, path };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
}
