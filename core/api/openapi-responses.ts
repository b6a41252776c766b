import { type ErrorCode, errorCodes } from '#core/errors';
import { exampleError } from './example-errors.ts';
import { exampleOf } from './examples.ts';
import type { Named } from './json-schema.ts';
import { commonErrors, type Route } from './route.ts';

type Responses = Record<string, unknown>;

/** What a route answers, by status. A body that has no name yet gets one. */
export function responsesOf(name: string, row: Route, named: Named): Responses {
  return { ...successes(name, row, named), ...failures(row) };
}

function successes(name: string, row: Route, named: Named): Responses {
  const { status, repeated, body } = row.success;
  if (body === null) return file;
  if (!named.has(body)) named.add(body, { id: `${name.charAt(0).toUpperCase()}${name.slice(1)}Response` });
  const content = json(reference(named.get(body)?.id ?? ''), exampleOf(name).answer);
  return {
    ...(repeated && { [repeated]: { description: 'Was there already; nothing new was made.', ...content } }),
    [status]: { description: 'Done.', ...(isTagged(row) && { headers: etag }), ...content },
    ...(isTagged(row) && { '304': { description: 'As it was; without a body.', headers: etag } }),
  };
}

/** What is read as JSON has an ETag. */
export function isTagged({ method, success }: Route): boolean {
  return method === 'GET' && success.body !== null;
}

const etag = { etag: { schema: { type: 'string' }, description: 'For `If-None-Match`.' } };

const file = {
  '200': {
    description: 'The file, with the `content_type` that its artifact names.',
    content: { '*/*': { schema: { type: 'string', format: 'binary' } } },
  },
  '302': {
    description: 'A URL that is good for 60 s and wants no Authorization header.',
    headers: { location: { schema: { type: 'string', format: 'uri' }, description: 'Where the file is.' } },
  },
};

/** Codes whose statuses API Gateway answers itself too, before a function is asked: token, size, rate, or its silence. */
const ofTheGateway: readonly ErrorCode[] = [
  'unauthorized',
  'payload_too_large',
  'too_many_requests',
  'internal',
  'unavailable',
];

function failures(row: Route): Responses {
  const keyed: readonly ErrorCode[] = row.keyed ? ['conflict'] : [];
  const codes = [...new Set([...commonErrors, ...ofTheGateway, ...keyed, ...row.errors])];
  return Object.fromEntries(codes.map((code) => [errorCodes[code].status, { $ref: `#/components/responses/${code}` }]));
}

/** Each error once, for all routes: every code that is an answer has a status of its own. */
export function errorResponses(): Responses {
  const answers = Object.entries(errorCodes).filter(([, { status }]) => status >= 400);
  return Object.fromEntries(answers.map(([code, { remedy }]) => [code, failure(code as ErrorCode, remedy)]));
}

function failure(code: ErrorCode, remedy: string): unknown {
  const ours = reference('ErrorBody');
  const schema = ofTheGateway.includes(code) ? { anyOf: [ours, reference('GatewayError')] } : ours;
  const waits = code === 'too_many_requests' || code === 'unavailable';
  return {
    description: `\`${code}\`: ${remedy}`,
    ...(waits && { headers: retryAfter }),
    ...json(schema, exampleError(code)),
  };
}

const retryAfter = {
  'retry-after': { schema: { type: 'integer' }, description: 'Seconds. Not on a `GatewayError`.' },
};

function reference(id: string) {
  return { $ref: `#/components/schemas/${id}` };
}

export function json(schema: unknown, example: unknown) {
  return { content: { 'application/json': { schema, ...(example !== undefined && { example }) } } };
}
