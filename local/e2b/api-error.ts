import type { ServerResponse } from 'node:http';

/** An error of the control plane; the SDK reads the number from the body. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly status: number;
  readonly headers: Record<string, string>;
  constructor(status: number, message: string, headers: Record<string, string> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

export function answerJson(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** `{code, message}`, as every e2b component but Connect answers errors. Unknown errors are 500. */
export function answerApiError(response: ServerResponse, error: unknown): void {
  const known = error instanceof ApiError ? error : new ApiError(500, `${error}`);
  answerJson(response, known.status, { code: known.status, message: known.message }, known.headers);
}
