import { randomUUID } from 'node:crypto';

import { ACCOUNT, type Json, type JsonObject } from '#local/parts';
import type { HttpRequest } from './http-request.ts';

export interface PayloadTwo {
  request: HttpRequest;
  /** As the handler shall see it; API Gateway decodes it, Function URLs do not. */
  rawPath: string;
  routeKey: string;
  stage: string;
  apiId: string;
  domainName: string;
  pathParameters?: Record<string, string>;
  stageVariables?: JsonObject;
  authorizer?: Json;
}

/**
 * The event of an HTTP API or Function URL, payload format 2.0.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export function payloadTwo({ request, rawPath, routeKey, stage, apiId, domainName, ...rest }: PayloadTwo): JsonObject {
  const { headers, cookies, queryString, body } = request;
  const query = queryParameters(queryString);
  const now = new Date();
  const binary = body.length > 0 && !isText(headers['content-type']);
  return {
    version: '2.0',
    routeKey,
    rawPath,
    rawQueryString: queryString,
    ...(cookies.length > 0 ? { cookies } : {}),
    headers: { ...headers, 'x-forwarded-for': request.sourceIp, 'x-forwarded-proto': 'http' },
    ...(query ? { queryStringParameters: query } : {}),
    requestContext: {
      accountId: ACCOUNT,
      apiId,
      ...(rest.authorizer === undefined ? {} : { authorizer: rest.authorizer }),
      domainName,
      domainPrefix: apiId,
      http: {
        method: request.method,
        path: rawPath,
        protocol: 'HTTP/1.1',
        sourceIp: request.sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey,
      stage,
      time: requestTime(now),
      timeEpoch: now.getTime(),
    },
    ...(rest.pathParameters && Object.keys(rest.pathParameters).length > 0
      ? { pathParameters: rest.pathParameters }
      : {}),
    ...(rest.stageVariables ? { stageVariables: rest.stageVariables } : {}),
    ...(body.length > 0 ? { body: body.toString(binary ? 'base64' : 'utf8') } : {}),
    isBase64Encoded: binary,
  };
}

/** Values of a name that comes several times, joined by commas; undefined if there is no query. */
export function queryParameters(queryString: string): Record<string, string> | undefined {
  if (queryString === '') return undefined;
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(queryString)) {
    const before = parameters.get(name);
    parameters.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(parameters);
}

/** `27/Nov/2026:19:03:58 +0000` */
export function requestTime(date: Date): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(date.toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}

function isText(contentType: string | undefined): boolean {
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  return /^text\/|^application\/(json|javascript|xml)$|\+(json|xml)$/.test(type);
}
