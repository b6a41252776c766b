import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import type { Assembly, Count, Iam, JsonObject, Lambdas, Resource, StreamSink } from '#local/parts';
import { type Cors, preflight, withCors } from './cors.ts';
import { type HttpRequest, readHttpRequest } from './http-request.ts';
import { type HttpResponse, integrationResponse, send } from './integration-response.ts';
import { payloadTwo } from './payload-two.ts';

export interface FunctionUrlOptions {
  assembly: Assembly;
  lambdas: Pick<Lambdas, 'invoke' | 'invokeStreaming'>;
  iam: Pick<Iam, 'authorize'>;
  count: Count;
  /** Which `AWS::Lambda::Url`. */
  urlLogicalId: string;
  port: number;
  log(line: string): void;
}

/**
 * Serves one Function URL on a listener of its own: its handler owns the whole path space. Open to everybody, as AuthType
 * NONE is, if the function grants it; there is no time limit but the function's own.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 */
export async function startFunctionUrl(options: FunctionUrlOptions): Promise<{ stop(): Promise<void> }> {
  const { assembly, urlLogicalId, port, log } = options;
  const url = assembly.find('AWS::Lambda::Url', urlLogicalId);
  if (url.properties.AuthType !== 'NONE') throw new Error(`${urlLogicalId}: only AuthType NONE is supported`);
  const server = createServer((request, response) => {
    respond(request, response, url, options).catch((error: unknown) => {
      log(`${request.method} ${request.url}: ${error instanceof Error ? error.message : error}`);
      if (response.headersSent) response.destroy();
      else send(response, badGateway());
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function respond(
  incoming: IncomingMessage,
  response: ServerResponse,
  url: Resource,
  options: FunctionUrlOptions,
) {
  const request = await readHttpRequest(incoming);
  if (!request)
    return send(response, message(413, 'Request must be smaller than 6291456 bytes for the InvokeFunction operation'));
  const cors = url.properties.Cors as Cors | undefined;
  const early = preflight(cors, request);
  if (early) return send(response, early);
  const functionArn = String(url.properties.TargetFunctionArn);
  if (!granted(functionArn, options)) return send(response, withCors(cors, request, message(403, 'Forbidden')));

  options.count({ item: 'lambda:UrlRequest', units: 1, by: url.logicalId });
  const event = JSON.stringify(eventOf(url, request));
  if (url.properties.InvokeMode !== 'RESPONSE_STREAM') {
    const { payload, functionError } = await options.lambdas.invoke(functionArn, event);
    const answer = functionError ? undefined : integrationResponse(payload);
    return send(response, withCors(cors, request, answer ?? badGateway()));
  }
  const sink = streamTo(response, (head) => withCors(cors, request, { ...head, body: Buffer.alloc(0) }));
  const { payload, functionError } = await options.lambdas.invokeStreaming(functionArn, event, sink);
  if (response.headersSent) {
    // The status is out: all that can still be said is that the body is not whole.
    if (functionError) response.destroy();
    else response.end();
    return;
  }
  const answer = functionError ? undefined : integrationResponse(payload);
  send(response, withCors(cors, request, answer ?? badGateway()));
}

/** Without a login AWS asks for both permissions since October 2025; CDK writes both. */
function granted(functionArn: string, { iam, log }: FunctionUrlOptions): boolean {
  const context = { 'lambda:FunctionUrlAuthType': 'NONE', 'lambda:InvokedViaFunctionUrl': 'true' };
  try {
    for (const action of ['lambda:InvokeFunctionUrl', 'lambda:InvokeFunction']) {
      iam.authorize({ principal: '*', action, resource: functionArn, context });
    }
    return true;
  } catch (error) {
    log(`Function URL refused: ${error instanceof Error ? error.message : error}`);
    return false;
  }
}

function eventOf(url: Resource, request: HttpRequest): JsonObject {
  const apiId = url.logicalId.slice(-10).toLowerCase();
  return payloadTwo({
    request,
    rawPath: request.path,
    routeKey: '$default',
    stage: '$default',
    apiId,
    domainName: request.headers.host ?? '127.0.0.1',
  });
}

/** Writes as the function does; what the client cannot take yet waits in memory. */
function streamTo(response: ServerResponse, dress: (head: Omit<HttpResponse, 'body'>) => HttpResponse): StreamSink {
  return {
    prelude(prelude) {
      const { statusCode, headers, cookies } = dress(prelude);
      const { 'content-length': _length, 'transfer-encoding': _encoding, ...kept } = headers;
      response.writeHead(statusCode, { ...kept, ...(cookies.length > 0 ? { 'set-cookie': cookies } : {}) });
      response.flushHeaders();
    },
    chunk(bytes) {
      response.write(bytes);
    },
  };
}

function badGateway(): HttpResponse {
  return message(502, 'Internal Server Error');
}

/** Function URLs write `Message`, API Gateway writes `message`. */
function message(statusCode: number, text: string): HttpResponse {
  const body = Buffer.from(JSON.stringify({ Message: text }));
  return { statusCode, headers: { 'content-type': 'application/json' }, cookies: [], body };
}
