import type { StreamSink } from '#local/parts';

/** Content type by which `HttpResponseStream.from` says that a prelude comes first. */
const WITH_PRELUDE = 'application/vnd.awslambda.http-integration-response';
const DELIMITER = Buffer.alloc(8);

interface Prelude {
  statusCode?: number;
  headers?: Record<string, unknown>;
  cookies?: string[];
}

/**
 * Takes apart what a streaming handler sends: a JSON prelude, eight null bytes, the body. Without the prelude's content
 * type everything is body, and the status is 200.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
 */
export class StreamedResponse {
  readonly #sink: StreamSink;
  readonly #contentType: string;
  /** What came before the body; undefined once the prelude is out. */
  #head: Buffer | undefined = Buffer.alloc(0);

  constructor(contentType: string, sink: StreamSink) {
    this.#sink = sink;
    this.#contentType = contentType;
  }

  write(bytes: Buffer): void {
    if (this.#head && this.#contentType !== WITH_PRELUDE) this.#open();
    if (!this.#head) {
      this.#sink.chunk(bytes);
      return;
    }
    this.#head = Buffer.concat([this.#head, bytes]);
    const end = this.#head.indexOf(DELIMITER);
    if (end < 0) return;
    const body = this.#head.subarray(end + DELIMITER.length);
    this.#sink.prelude(parsePrelude(this.#head.subarray(0, end).toString('utf8')));
    this.#head = undefined;
    if (body.length > 0) this.#sink.chunk(body);
  }

  /**
   * The handler has ended well. Only now does an empty body without prelude become a response: a handler that fails
   * before it writes is an error, not an empty 200.
   * @returns false if the stream ended before its prelude was out: `end` without a `write` does that
   */
  end(): boolean {
    if (this.#head && this.#contentType !== WITH_PRELUDE) this.#open();
    return this.#head === undefined;
  }

  #open(): void {
    this.#head = undefined;
    this.#sink.prelude({ statusCode: 200, headers: { 'content-type': this.#contentType }, cookies: [] });
  }
}

function parsePrelude(text: string): Parameters<StreamSink['prelude']>[0] {
  const { statusCode = 200, headers = {}, cookies = [] } = JSON.parse(text) as Prelude;
  const lowerCase = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
  return { statusCode, headers: Object.fromEntries(lowerCase), cookies };
}
