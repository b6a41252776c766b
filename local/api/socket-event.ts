import { randomUUID } from 'node:crypto';
import type { Json, JsonObject } from '#local/parts';
import { apiHost } from '#local/template/resource-naming';
import type { HttpRequest } from './http-request.ts';
import { requestTime } from './payload-two.ts';

/** What stays the same for all events of a connection. */
export interface SocketIdentity {
  connectionId: string;
  connectedAt: number;
  apiId: string;
  stage: string;
  request: HttpRequest;
  /** The authorizer's principal and context; it comes with every event. */
  authorizer?: Json;
}

type EventType = 'CONNECT' | 'MESSAGE' | 'DISCONNECT';

/**
 * The event of a WebSocket route, without what only one kind of it has.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
 */
export function socketEvent(
  identity: SocketIdentity,
  routeKey: string,
  eventType: EventType,
  context: JsonObject = {},
) {
  const now = new Date();
  const { connectionId, connectedAt, apiId, stage, request, authorizer } = identity;
  const requestId = randomUUID();
  return {
    requestContext: {
      routeKey,
      eventType,
      extendedRequestId: requestId,
      requestTime: requestTime(now),
      messageDirection: 'IN',
      stage,
      connectedAt,
      requestTimeEpoch: now.getTime(),
      identity: { sourceIp: request.sourceIp, userAgent: request.headers['user-agent'] ?? '' },
      requestId,
      domainName: apiHost(apiId),
      connectionId,
      apiId,
      ...(authorizer === undefined ? {} : { authorizer }),
      ...context,
    },
    isBase64Encoded: false,
  };
}

/** The upgrade request, as `$connect` and its authorizer see it. */
export function connectRequest({ headers, queryString }: HttpRequest): JsonObject {
  const query = new URLSearchParams(queryString);
  const names = [...new Set(query.keys())];
  return {
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    ...(names.length === 0
      ? {}
      : {
          queryStringParameters: Object.fromEntries(names.map((name) => [name, query.getAll(name).at(-1) ?? ''])),
          multiValueQueryStringParameters: Object.fromEntries(names.map((name) => [name, query.getAll(name)])),
        }),
  };
}
