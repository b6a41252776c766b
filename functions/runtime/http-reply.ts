import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type * as z from 'zod';
import type { ErrorBody } from '#core/api/views';
import { type ErrorCode, PatchbayError } from '#core/errors';
import { isKnown, tagOf } from './entity-tag.ts';
import { logger, measure } from './telemetry.ts';

export type HttpResponse = APIGatewayProxyStructuredResultV2;

/** Answers are of one moment and one person: nothing on the way may keep them. */
const always = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

export function jsonReply(status: number, body: unknown, headers: Record<string, string> = {}): HttpResponse {
  return {
    statusCode: status,
    headers: { ...always, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}

/** A JSON answer with its tag; without its body for a client that has it already. */
export function unlessKnown(reply: HttpResponse, ifNoneMatch: string | undefined): HttpResponse {
  if (reply.statusCode !== 200 || reply.body === undefined || reply.isBase64Encoded) return reply;
  const etag = tagOf(reply.body);
  if (!isKnown(etag, ifNoneMatch)) return { ...reply, headers: { ...reply.headers, etag } };
  const { 'content-type': _, ...headers } = reply.headers ?? {};
  return { statusCode: 304, headers: { ...headers, etag }, body: '' };
}

export interface FileReply {
  bytes: Uint8Array;
  contentType: string;
  fileName: string;
}

/** Stored files are untrusted: never rendered as a page of this origin, whatever is in them. */
export function fileReply({ bytes, contentType, fileName }: FileReply): HttpResponse {
  return {
    statusCode: 200,
    headers: {
      ...always,
      'content-type': contentType,
      'content-disposition': `attachment; filename="${fileName.replaceAll(/[^\w.-]/g, '_')}"`,
      'content-security-policy': "sandbox; default-src 'none'",
    },
    body: Buffer.from(bytes).toString('base64'),
    isBase64Encoded: true,
  };
}

export function redirectReply(url: string): HttpResponse {
  return { statusCode: 302, headers: { ...always, location: url }, body: '' };
}

/**
 * The one map from errors to HTTP. What nobody expected becomes `internal` and its message stays in the log; services
 * that are down or throttle become `unavailable`, which clients repeat.
 */
export function errorReply(
  error: unknown,
  requestId: string,
  statuses: Partial<Record<ErrorCode, number>> = {},
): HttpResponse {
  const { known, status } = expected(error, statuses);
  if (status >= 500) measure({ Faults: 1 });
  if (known.code === 'internal') logger.error('request failed', { error: asError(error) });
  else if (status >= 500) logger.warn('request failed', { code: known.code, error: asError(error) });
  else logger.info('request refused', { code: known.code, reason: known.message });
  const message = shortOf(known);
  const body: z.input<typeof ErrorBody> = {
    code: known.code,
    message,
    detail: message,
    remedy: known.remedy,
    retryable: known.retryable,
    request_id: requestId,
    ...(known.fields === undefined ? {} : { fields: known.fields }),
  };
  const wait = known.retryAfter ?? (status === 429 || status === 503 ? 5 : undefined);
  return jsonReply(status, body, wait === undefined ? {} : { 'retry-after': String(Math.ceil(wait)) });
}

/** Where fields say what is wrong, the answer says it there and nowhere else. The log has the whole message. */
function shortOf({ message, fields }: PatchbayError): string {
  if (fields === undefined) return message;
  const named = [...new Set(fields.map(({ field }) => field))];
  return `Not valid in the request: ${named.join(', ')}.`;
}

function expected(error: unknown, statuses: Partial<Record<ErrorCode, number>>) {
  if (error instanceof PatchbayError && error.code !== 'internal') {
    // A status of 200 marks an end of a job: as an answer to a request nobody meant it, unless the entry says which.
    const status = statuses[error.code] ?? error.status;
    if (status >= 400) return { known: error, status };
  }
  const known = isOutage(error)
    ? new PatchbayError('unavailable', 'A service behind this one does not answer right now.', { cause: error })
    : new PatchbayError('internal', 'Something went wrong on our side.', { cause: error });
  return { known, status: known.status };
}

/** As the AWS SDK says it: a server fault, throttling, or no answer in time. */
function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { $fault, $retryable } = error as { $fault?: string; $retryable?: unknown };
  const silent = ['TimeoutError', 'RequestTimeout', 'NetworkingError', 'ECONNREFUSED', 'ECONNRESET'];
  return $fault === 'server' || $retryable !== undefined || silent.includes(error.name);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
