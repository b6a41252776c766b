import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

import { type RawData, type WebSocket, WebSocketServer } from 'ws';

import type { JsonObject, Resource } from '#local/parts';
import { type ApiParts, integrationOf } from './api-parts.ts';
import type { Decision } from './decision.ts';
import { executeApiArn } from './execute-api.ts';
import { FrameLimit } from './frame-limit.ts';
import { requestHead } from './http-request.ts';
import { proxyResponse } from './integration-response.ts';
import { type LambdaAuthorizer, lambdaAuthorizer } from './lambda-authorizer.ts';
import type { OpenConnections } from './socket-connections.ts';
import { connectRequest, type SocketIdentity, socketEvent } from './socket-event.ts';
import { within } from './time-limit.ts';

interface Route {
  functionArn: string;
  /** The handler's body goes back to the client; only with a route response. */
  answers: boolean;
}

const MAX_MESSAGE_BYTES = 128 * 1024;
const MAX_FRAME_BYTES = 32 * 1024;
const INTEGRATION_LIMIT_MS = 29_000;

/** An API Gateway WebSocket API at one stage. */
export class SocketApi {
  readonly stage: string;
  readonly #api: Resource;
  readonly #parts: ApiParts;
  readonly #connections: OpenConnections;
  readonly #routes: Map<string, Route>;
  readonly #authorizer: LambdaAuthorizer | undefined;
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    // `$connect` picks the protocol by its response; the upgrade carries the choice to here.
    handleProtocols: (_offered, request) => this.#protocols.get(request) ?? false,
  });
  readonly #protocols = new WeakMap<IncomingMessage, string>();

  constructor(api: Resource, stage: Resource, connections: OpenConnections, parts: ApiParts) {
    this.stage = stage.name;
    this.#api = api;
    this.#parts = parts;
    this.#connections = connections;
    this.#routes = routesOf(api, parts);
    this.#authorizer = authorizerOf(api, parts);
  }

  /** Authorizes, asks `$connect`, and shakes hands or refuses. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const identity: SocketIdentity = {
      connectionId: `${randomBytes(11).toString('base64url')}=`,
      connectedAt: Date.now(),
      apiId: this.#api.name,
      stage: this.stage,
      request: requestHead(request),
    };
    const status = await this.#admit(identity, request).catch((error: unknown) => {
      this.#log('$connect', error);
      return 500;
    });
    if (status !== 200) return refuse(socket, status);
    this.#server.handleUpgrade(request, socket, head, (client) => this.#open(client, socket, identity));
  }

  /** @returns the status that refuses, or 200 */
  async #admit(identity: SocketIdentity, request: IncomingMessage): Promise<number> {
    const connect = connectRequest(identity.request);
    const decision = await this.#authorize(identity, connect);
    if (!decision.allowed) return decision.status;
    if (decision.authorizer !== undefined) identity.authorizer = decision.authorizer;
    if (!this.#routes.has('$connect')) return 200;
    const payload = await this.#invoke('$connect', { ...connect, ...socketEvent(identity, '$connect', 'CONNECT') });
    const response = payload === undefined ? undefined : proxyResponse(payload);
    if (!response) return 502;
    if (response.statusCode >= 300) return response.statusCode;
    const protocol = response.headers['sec-websocket-protocol'];
    if (protocol) this.#protocols.set(request, protocol);
    return 200;
  }

  async #authorize(identity: SocketIdentity, connect: JsonObject): Promise<Decision> {
    if (!this.#authorizer) return { allowed: true };
    const methodArn = executeApiArn(this.#api.name, `${this.stage}/$connect`);
    const event = { type: 'REQUEST', methodArn, ...connect, ...socketEvent(identity, '$connect', 'CONNECT') };
    return this.#authorizer(identity.request, event, methodArn);
  }

  #open(client: WebSocket, socket: Duplex, identity: SocketIdentity): void {
    const { connectionId, request } = identity;
    const frames = new FrameLimit(MAX_FRAME_BYTES);
    socket.on('data', (chunk: Buffer) => {
      if (client.readyState === client.OPEN && frames.exceededBy(chunk)) client.close(1009, 'Message too big');
    });
    const view = { sourceIp: request.sourceIp, userAgent: request.headers['user-agent'] ?? '' };
    this.#connections.add(connectionId, client, view, this.#api.name);
    client.on('message', (data, isBinary) => {
      if (client.readyState !== client.OPEN) return;
      if (isBinary) client.close(1003, 'Unsupported data');
      else this.#receive(client, identity, data).catch((error: unknown) => this.#log('message', error));
    });
    client.on('close', (code, reason) => this.#disconnect(identity, code, reason.toString()));
    // A close follows; without a listener the error would end the stack.
    client.on('error', (error) => this.#log(connectionId, error));
  }

  async #receive(client: WebSocket, identity: SocketIdentity, data: RawData): Promise<void> {
    const body = data.toString();
    this.#connections.touch(identity.connectionId, Buffer.byteLength(body));
    const routeKey = this.#select(body);
    const event = {
      ...socketEvent(identity, routeKey, 'MESSAGE', { messageId: randomBytes(11).toString('base64url') }),
      body,
    };
    const { requestId } = event.requestContext;
    const complain = (message: string) => {
      client.send(JSON.stringify({ message, connectionId: identity.connectionId, requestId }));
    };
    const route = this.#routes.get(routeKey);
    if (!route) return complain('Forbidden');
    const payload = await this.#invoke(routeKey, event).catch((error: unknown) => this.#log(routeKey, error));
    const response = payload === undefined ? undefined : proxyResponse(payload);
    if (!response) complain('Internal server error');
    else if (route.answers && response.body.length > 0) this.#connections.post(identity.connectionId, response.body);
  }

  /** The route that a message names, by an expression such as `$request.body.action`. */
  #select(body: string): string {
    const path = String(this.#api.properties.RouteSelectionExpression).replace('$request.body.', '').split('.');
    try {
      const found = path.reduce<unknown>((inner, key) => (inner as JsonObject | null)?.[key], JSON.parse(body));
      if (typeof found === 'string' && !found.startsWith('$') && this.#routes.has(found)) return found;
    } catch {
      // Not JSON: the default route takes it.
    }
    return '$default';
  }

  #disconnect(identity: SocketIdentity, disconnectStatusCode: number, disconnectReason: string): void {
    if (!this.#routes.has('$disconnect')) return;
    const context = { disconnectStatusCode, disconnectReason };
    const event = { headers: {}, ...socketEvent(identity, '$disconnect', 'DISCONNECT', context) };
    this.#invoke('$disconnect', event).catch((error: unknown) => this.#log('$disconnect', error));
  }

  /** @returns the handler's payload, undefined if it failed or took too long */
  async #invoke(routeKey: string, event: object): Promise<string | undefined> {
    const functionArn = this.#routes.get(routeKey)?.functionArn ?? '';
    this.#parts.iam.authorize({
      principal: 'apigateway.amazonaws.com',
      action: 'lambda:InvokeFunction',
      resource: functionArn,
      context: { 'aws:SourceArn': executeApiArn(this.#api.name, `${this.stage}/${routeKey}`) },
    });
    const result = await within(INTEGRATION_LIMIT_MS, this.#parts.lambdas.invoke(functionArn, JSON.stringify(event)));
    return result?.functionError ? undefined : result?.payload;
  }

  #log(what: string, error: unknown): undefined {
    this.#parts.log(`${this.stage} ${what}: ${error instanceof Error ? error.message : error}`);
  }
}

function routesOf(api: Resource, { assembly }: ApiParts): Map<string, Route> {
  const mine = (type: string) => assembly.byType(type).filter(({ properties }) => properties.ApiId === api.name);
  const answering = new Set(mine('AWS::ApiGatewayV2::RouteResponse').map(({ properties }) => properties.RouteId));
  return new Map(
    mine('AWS::ApiGatewayV2::Route').map(({ logicalId, properties }) => [
      String(properties.RouteKey),
      { functionArn: integrationOf(String(properties.Target), assembly), answers: answering.has(logicalId) },
    ]),
  );
}

/** The authorizer of `$connect`, the only route that can have one. */
function authorizerOf(api: Resource, { assembly, lambdas, iam }: ApiParts): LambdaAuthorizer | undefined {
  const connect = assembly
    .byType('AWS::ApiGatewayV2::Route')
    .find(({ properties }) => properties.ApiId === api.name && properties.RouteKey === '$connect');
  const type = String(connect?.properties.AuthorizationType ?? 'NONE');
  if (type === 'NONE') return undefined;
  if (type !== 'CUSTOM') throw new Error(`$connect of ${api.logicalId}: authorization ${type} is not supported`);
  const { name, properties } = assembly.find('AWS::ApiGatewayV2::Authorizer', String(connect?.properties.AuthorizerId));
  // Never kept: a ticket is good for one connection.
  const uncached = { ...properties, AuthorizerResultTtlInSeconds: 0 };
  return lambdaAuthorizer({ apiId: api.name, authorizerId: name, properties: uncached, lambdas, iam });
}

const REASONS: Record<number, string> = { 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 502: 'Bad Gateway' };

export function refuse(socket: Duplex, status: number): void {
  const reason = REASONS[status] ?? 'Internal Server Error';
  const body = JSON.stringify({ message: reason });
  const head = `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}`;
  socket.end(`${head}\r\nConnection: close\r\n\r\n${body}`);
}
