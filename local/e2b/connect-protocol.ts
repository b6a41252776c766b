import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JsonObject } from '#local/parts';
import { drained } from './drained.ts';
import { RPC_STATUS, RpcError } from './rpc-error.ts';

/**
 * The Connect protocol with the JSON codec over HTTP/1.1, as far as envd's clients use it: unary calls, and server
 * streams of frames (flag byte, big-endian 32-bit length, JSON; flag 2 ends the stream).
 * @see https://connectrpc.com/docs/protocol
 */
const END_STREAM = 2;
const FRAME_HEAD = 5;

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

export async function readUnary(request: IncomingMessage): Promise<JsonObject> {
  return parse(await readBody(request));
}

/** The one message that opens a server stream. */
export async function readStreamRequest(request: IncomingMessage): Promise<JsonObject> {
  const body = await readBody(request);
  if (body.length < FRAME_HEAD || body.length < FRAME_HEAD + body.readUInt32BE(1)) {
    throw new RpcError('invalid_argument', 'protocol error: incomplete envelope');
  }
  return parse(body.subarray(FRAME_HEAD, FRAME_HEAD + body.readUInt32BE(1)));
}

export function answerUnary(response: ServerResponse, message: JsonObject): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(message));
}

export function answerUnaryError(response: ServerResponse, error: RpcError): void {
  response
    .writeHead(RPC_STATUS[error.code], { 'content-type': 'application/json' })
    .end(JSON.stringify({ code: error.code, message: error.message }));
}

/** The answering side of a server stream. */
export class ServerStream {
  readonly #response: ServerResponse;
  readonly #withheld: string | undefined;
  #last = Date.now();

  /** @param withheld an event that never goes out: a fault. */
  constructor(response: ServerResponse, withheld?: 'end' | 'keepalive') {
    this.#response = response;
    this.#withheld = withheld;
    response.writeHead(200, { 'content-type': 'application/connect+json' });
    response.flushHeaders();
  }

  /** Milliseconds since something was sent. */
  get silence(): number {
    return Date.now() - this.#last;
  }

  /** Resolves when the client has taken it or is gone: a slow reader slows the command down, as on e2b. */
  async send(message: JsonObject): Promise<void> {
    this.#last = Date.now();
    if (this.#withheld && this.#withheld in ((message.event ?? {}) as JsonObject)) {
      return;
    }
    if (!this.#response.destroyed && !this.#response.write(frame(0, message))) {
      await drained(this.#response);
    }
  }

  end(error?: RpcError): void {
    this.#response.end(frame(END_STREAM, error ? { error: { code: error.code, message: error.message } } : {}));
  }

  /** Cuts the connection, as the end of a sandbox does. */
  cut(): void {
    this.#response.destroy();
  }

  onClose(listener: () => void): void {
    this.#response.once('close', listener);
  }
}

function frame(flags: number, message: JsonObject): Buffer {
  const payload = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(FRAME_HEAD);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(payload.length, 1);
  return Buffer.concat([head, payload]);
}

function parse(body: Buffer): JsonObject {
  try {
    return JSON.parse(body.toString() || '{}') as JsonObject;
  } catch (cause) {
    throw new RpcError('invalid_argument', `unmarshal message: ${cause}`);
  }
}
