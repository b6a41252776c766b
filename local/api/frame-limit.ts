/**
 * Watches the bytes of a client for frames that are too long. The socket library limits messages; API Gateway also
 * limits the frames that a message comes in. Frame layout: RFC 6455, section 5.2.
 */
export class FrameLimit {
  readonly #maxBytes: number;
  #header: number[] = [];
  #payloadLeft = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether the bytes announce a frame above the limit; to be called with every chunk, in order. */
  exceededBy(chunk: Uint8Array): boolean {
    let offset = 0;
    while (offset < chunk.length) {
      if (this.#payloadLeft > 0) {
        const skipped = Math.min(this.#payloadLeft, chunk.length - offset);
        this.#payloadLeft -= skipped;
        offset += skipped;
      } else {
        this.#header.push(chunk[offset++] ?? 0);
        const length = payloadLength(this.#header);
        if (length !== undefined && length > this.#maxBytes) return true;
        if (length !== undefined) {
          this.#payloadLeft = length;
          this.#header = [];
        }
      }
    }
    return false;
  }
}

/** Undefined while the header is incomplete. */
function payloadLength(header: number[]): number | undefined {
  const [, second] = header;
  if (second === undefined) return undefined;
  const short = second & 0x7f;
  const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
  const mask = second & 0x80 ? 4 : 0;
  if (header.length < 2 + extended + mask) return undefined;
  if (extended === 0) return short;
  return header.slice(2, 2 + extended).reduce((length, byte) => length * 256 + byte, 0);
}
