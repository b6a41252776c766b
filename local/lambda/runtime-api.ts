import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { InvocationResult, StreamSink } from '#local/parts';
import { functionError } from './function-error.ts';
import { StreamedResponse } from './streamed-response.ts';

/** One invocation as the Runtime API hands it to a process. */
export interface Invocation {
  requestId: string;
  payload: string;
  functionArn: string;
  /** ms since the epoch */
  deadline: number;
  sink: StreamSink;
}

export interface RuntimeEvents {
  /** The process asks for work; the first time, its initialization is over. */
  next(): void;
  initError(result: InvocationResult): void;
  answered(requestId: string, result: InvocationResult): void;
}

/** The largest buffered answer of a function. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MAX_RESPONSE_BYTES = 6_291_556;

/**
 * The Lambda Runtime API for one process, on a port of its own: init errors and streamed answers name no process, so the
 * port must. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export class RuntimeApi {
  readonly #server: Server;
  readonly #events: RuntimeEvents;
  #waiting: ServerResponse | undefined;
  #current: Invocation | undefined;

  constructor(events: RuntimeEvents) {
    this.#events = events;
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch((error: unknown) => {
        // The process went away in the middle; its exit is what ends the invocation.
        response.destroy(error instanceof Error ? error : undefined);
      });
    });
  }

  /** @returns host:port */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Answers the held-open `next`; only after `next` was announced. */
  give(invocation: Invocation): void {
    const response = this.#waiting;
    if (!response) throw new Error('the process has not asked for work');
    this.#waiting = undefined;
    this.#current = invocation;
    response.writeHead(200, {
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': invocation.requestId,
      'lambda-runtime-deadline-ms': String(invocation.deadline),
      'lambda-runtime-invoked-function-arn': invocation.functionArn,
      'lambda-runtime-trace-id': `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${invocation.requestId.replaceAll('-', '').slice(0, 24)};Sampled=0`,
    });
    response.end(invocation.payload);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, requestId, action] = /\/runtime\/invocation\/([^/]+)\/?(\w*)$/.exec(request.url ?? '') ?? [];
    if (request.method === 'GET' && requestId === 'next') {
      this.#waiting = response;
      this.#events.next();
    } else if (request.url?.endsWith('/runtime/init/error')) {
      this.#events.initError({ payload: await read(request), functionError: 'Unhandled' });
      accept(response);
    } else if (requestId !== undefined && requestId === this.#current?.requestId) {
      const streaming = request.headers['lambda-runtime-function-response-mode'] === 'streaming';
      if (action === 'error') this.#answer(requestId, { payload: await read(request), functionError: 'Unhandled' });
      else
        this.#answer(requestId, streaming ? await readStream(request, this.#current.sink) : await readBuffer(request));
      accept(response);
    } else {
      // A late answer, to an invocation that has ended: nobody waits for it.
      request.resume();
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ errorType: 'InvalidRequestID', errorMessage: 'Invalid request ID' }));
    }
  }

  #answer(requestId: string, result: InvocationResult): void {
    if (this.#current?.requestId !== requestId) return;
    this.#current = undefined;
    this.#events.answered(requestId, result);
  }
}

async function readStream(request: IncomingMessage, sink: StreamSink): Promise<InvocationResult> {
  const streamed = new StreamedResponse(request.headers['content-type'] ?? 'application/octet-stream', sink);
  for await (const chunk of request) streamed.write(chunk as Buffer);
  const error = request.trailers['lambda-runtime-function-error-body'];
  if (error) return { payload: Buffer.from(error, 'base64').toString('utf8'), functionError: 'Unhandled' };
  if (streamed.end()) return { payload: '' };
  return functionError('Runtime.InvalidStreamingOperation', 'the stream ended before its prelude was written');
}

async function readBuffer(request: IncomingMessage): Promise<InvocationResult> {
  const payload = await read(request);
  if (Buffer.byteLength(payload) <= MAX_RESPONSE_BYTES) return { payload };
  const limit = `maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes)`;
  return functionError('Function.ResponseSizeTooLarge', `Response payload size exceeded ${limit}.`);
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function accept(response: ServerResponse): void {
  response.writeHead(202, { 'content-type': 'application/json' });
  response.end('{"status":"OK"}');
}
