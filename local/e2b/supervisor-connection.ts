import { connect, type Socket } from 'node:net';
import type { JsonObject } from '#local/parts';

/** A frame of `supervisor/wire.py`: one letter, a big-endian 32-bit length, the payload. */
export interface Frame {
  letter: string;
  payload: Buffer;
}

/** What the supervisor could not do; `code` is envd's name for it, `errno` the system's where there is one. */
export class SupervisorError extends Error {
  override name = 'SupervisorError';
  readonly code: string;
  readonly errno: number | undefined;
  constructor(code: string, message: string, errno?: number) {
    super(message);
    this.code = code;
    this.errno = errno;
  }
}

const HEADER_BYTES = 5;

/** One operation of a supervisor: opened for it, closed after it. */
export class SupervisorConnection {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** @param path the supervisor's unix socket. @throws SupervisorError `unavailable` when nobody listens there. */
  static async open(path: string, request: JsonObject): Promise<SupervisorConnection> {
    const socket = connect(path);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', (cause) => reject(new SupervisorError('unavailable', `the sandbox is gone: ${cause}`)));
    });
    // A jail that ends mid-way ends the frames; readers see that, writers need not crash for it.
    socket.on('error', () => socket.destroy());
    const connection = new SupervisorConnection(socket);
    await connection.send('R', Buffer.from(JSON.stringify(request)));
    return connection;
  }

  /** Resolves when the socket took the frame, or is gone. */
  send(letter: string, payload: Uint8Array = Buffer.alloc(0)): Promise<void> {
    const head = Buffer.alloc(HEADER_BYTES);
    head.write(letter, 0, 'latin1');
    head.writeUInt32BE(payload.byteLength, 1);
    return new Promise((resolve) => this.#socket.write(Buffer.concat([head, payload]), () => resolve()));
  }

  /** Frames until the supervisor closes. @throws SupervisorError for an E frame. */
  async *frames(): AsyncGenerator<Frame> {
    let pending: Buffer = Buffer.alloc(0);
    try {
      for await (const chunk of this.#socket) {
        pending = pending.length === 0 ? (chunk as Buffer) : Buffer.concat([pending, chunk as Buffer]);
        while (pending.length >= HEADER_BYTES) {
          const end = HEADER_BYTES + pending.readUInt32BE(1);
          if (pending.length < end) {
            break;
          }
          yield check({ letter: pending.toString('latin1', 0, 1), payload: pending.subarray(HEADER_BYTES, end) });
          pending = pending.subarray(end);
        }
      }
    } catch (error) {
      if (error instanceof SupervisorError) {
        throw error;
      }
      // The jail was killed: the stream ends, and whoever waits for a result sees that it is missing.
    }
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Asks for one JSON result. */
export async function callSupervisor(path: string, request: JsonObject): Promise<JsonObject> {
  const connection = await SupervisorConnection.open(path, request);
  try {
    return await resultOf(connection);
  } finally {
    connection.close();
  }
}

/** The next J frame. @throws SupervisorError also when the connection ends without one. */
export async function resultOf(connection: SupervisorConnection): Promise<JsonObject> {
  for await (const frame of connection.frames()) {
    if (frame.letter === 'J') {
      return JSON.parse(frame.payload.toString()) as JsonObject;
    }
  }
  throw new SupervisorError('unavailable', 'the sandbox ended before it answered');
}

function check(frame: Frame): Frame {
  if (frame.letter === 'E') {
    const error = JSON.parse(frame.payload.toString()) as { code: string; message: string; errno?: number };
    throw new SupervisorError(error.code, error.message, error.errno);
  }
  return frame;
}
