import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { ErrorCode } from '#core/errors';
import { chain, type LambdaHandler, type WorldFactory } from './chain.ts';
import { errorReply, type HttpResponse } from './http-reply.ts';

export type UrlEvent = APIGatewayProxyEventV2;

/**
 * A function behind its own URL (payload 2.0, no route table, no 30 s limit). `statuses`: of codes that elsewhere are no
 * answers to requests.
 */
export function urlEntry<W>(
  run: (world: W, event: UrlEvent) => Promise<HttpResponse>,
  world: WorldFactory<W>,
  statuses: Partial<Record<ErrorCode, number>> = {},
): LambdaHandler<UrlEvent, HttpResponse> {
  const invoke = chain<UrlEvent, HttpResponse, W>(world, async (event, ports) => {
    try {
      return await run(ports, event);
    } catch (error) {
      return errorReply(error, event.requestContext.requestId, statuses);
    }
  });
  return async (event, context) => {
    try {
      return await invoke(event, context);
    } catch (error) {
      return errorReply(error, event.requestContext.requestId, statuses);
    }
  };
}
