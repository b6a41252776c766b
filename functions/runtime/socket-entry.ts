import type {
  APIGatewayAuthorizerResult,
  APIGatewayProxyResultV2,
  APIGatewayProxyWebsocketEventV2,
  APIGatewayRequestAuthorizerEvent,
} from 'aws-lambda';
import * as z from 'zod';
import { chain, type LambdaHandler, logIdsOf, type WorldFactory } from './chain.ts';
import { parsed } from './problems.ts';

/** What a ticket grants: flat strings, because an authorizer's context holds nothing else. */
export const Grant = z.object({ tenant: z.string(), user: z.string(), session_id: z.string(), auth_exp: z.string() });
export type Grant = z.infer<typeof Grant>;

/** The authorizer of `$connect`. Undefined from `run` is a refusal (403); the socket is never opened. */
export function authorizerEntry<W>(
  run: (world: W, ticket: string) => Promise<Grant | undefined>,
  world: WorldFactory<W>,
): LambdaHandler<APIGatewayRequestAuthorizerEvent, APIGatewayAuthorizerResult> {
  return chain(world, async (event, ports) => {
    const grant = await run(ports, event.queryStringParameters?.ticket ?? '');
    if (grant !== undefined) logIdsOf(grant);
    return {
      principalId: grant?.user ?? 'nobody',
      policyDocument: {
        Version: '2012-10-17',
        Statement: [{ Action: 'execute-api:Invoke', Effect: grant ? 'Allow' : 'Deny', Resource: event.methodArn }],
      },
      ...(grant === undefined ? {} : { context: grant }),
    };
  });
}

export interface Socket<W> {
  connect: (world: W, connectionId: string, grant: Grant) => Promise<void>;
  /** `text` is whatever the client sent; answers go out through the connection. */
  message: (world: W, connectionId: string, text: string) => Promise<void>;
  disconnect: (world: W, connectionId: string) => Promise<void>;
}

type SocketEvent = APIGatewayProxyWebsocketEventV2 & { requestContext: { authorizer?: unknown } };

/** The socket's three routes. A throw in `connect` refuses the connection; in `message` it is an error to the client. */
export function socketEntry<W>(
  socket: Socket<W>,
  world: WorldFactory<W>,
): LambdaHandler<SocketEvent, APIGatewayProxyResultV2> {
  return chain(world, async (event, ports) => {
    const { connectionId, routeKey, authorizer } = event.requestContext;
    if (routeKey === '$connect') {
      const grant = parsed(Grant, authorizer, 'authorizer’s context');
      logIdsOf(grant);
      await socket.connect(ports, connectionId, grant);
    } else if (routeKey === '$disconnect') {
      await socket.disconnect(ports, connectionId);
    } else {
      const text = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8').toString('utf8');
      await socket.message(ports, connectionId, text);
    }
    return { statusCode: 200 };
  });
}
