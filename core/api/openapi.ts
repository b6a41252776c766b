import * as z from 'zod';
import { type ErrorCode, errorCodes } from '#core/errors';
import { Artifact } from '#core/job/artifact';
import { JobEvent } from '#core/job/milestone';
import { commonErrors, type Route } from './route.ts';
import { routes } from './routes.ts';
import {
  AttemptView,
  ErrorBody,
  IssueView,
  JobView,
  MessageView,
  SessionDetail,
  SessionView,
  Ticket,
} from './views.ts';

/** What clients are written against, from the route table alone: OpenAPI 3.1, whose schemas are JSON Schema 2020-12. */
export function openApi(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  const responses = z.registry<{ id: string }>();
  const named = {
    ErrorBody,
    JobView,
    AttemptView,
    SessionView,
    SessionDetail,
    IssueView,
    MessageView,
    Artifact,
    JobEvent,
    Ticket,
  };
  for (const [id, schema] of Object.entries(named)) responses.add(schema, { id });
  for (const [name, row] of Object.entries(routes) as Array<[string, Route]>) {
    const path = row.path.replace('+}', '}');
    paths[path] = { ...paths[path], [row.method.toLowerCase()]: operation(name, row, responses) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Patchbay',
      version,
      description: 'JSON is snake_case. Readers should ignore fields they do not know.',
    },
    servers: [{ url: '/api' }],
    paths,
    components: {
      schemas: components(responses),
      securitySchemes: {
        jwt: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'A person’s token, of any OIDC issuer.',
        },
        attempt: { type: 'http', scheme: 'bearer', description: 'A runner’s token, of one attempt.' },
      },
    },
  };
}

type Registry = z.core.$ZodRegistry<{ id: string }>;

function operation(name: string, row: Route, responses: Registry): Record<string, unknown> {
  return {
    operationId: name,
    summary: row.summary,
    security: [{ [row.auth]: [] }],
    parameters: [
      ...parameters('path', row.params),
      ...parameters('query', row.query),
      ...(row.keyed ? [keyHeader] : []),
      ...(isTagged(row) ? [tagHeader] : []),
    ],
    ...(row.body && { requestBody: { required: !row.body.safeParse({}).success, ...json(inline(row.body, 'input')) } }),
    responses: { ...successes(name, row, responses), ...failures(row) },
  };
}

const keyHeader = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'Sent again with the same key, the request makes nothing new; with another body, it is a conflict.',
  schema: { type: 'string', minLength: 1, maxLength: 200 },
};

const tagHeader = {
  name: 'If-None-Match',
  in: 'header',
  required: false,
  description: 'The ETag of an earlier answer: 304 when it is still the same.',
  schema: { type: 'string' },
};

/** What is read as JSON has an ETag. */
function isTagged({ method, success }: Route): boolean {
  return method === 'GET' && success.body !== null;
}

function parameters(place: 'path' | 'query', schema: z.ZodObject): unknown[] {
  return Object.entries(schema.shape).map(([name, field]) => ({
    name,
    in: place,
    required: place === 'path' || !(field as z.ZodType).safeParse(undefined).success,
    schema: inline(field as z.ZodType, 'output'),
  }));
}

function successes(name: string, row: Route, responses: Registry): Record<string, unknown> {
  const { status, repeated, body } = row.success;
  if (body === null) {
    const bytes = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };
    const location = { location: { schema: { type: 'string', format: 'uri' } } };
    return {
      '200': { description: 'The file, with its own content type.', content: bytes },
      '302': { description: 'A URL that is good for 60 s.', headers: location },
    };
  }
  if (!responses.has(body)) responses.add(body, { id: `${name.charAt(0).toUpperCase()}${name.slice(1)}Response` });
  const content = json({ $ref: `#/components/schemas/${responses.get(body)?.id}` });
  return {
    ...(repeated && { [repeated]: { description: 'Was there already; nothing new was made.', ...content } }),
    [status]: { description: 'Done.', ...(isTagged(row) && { headers: etag }), ...content },
    ...(isTagged(row) && { '304': { description: 'As it was; without a body.', headers: etag } }),
  };
}

const etag = { etag: { schema: { type: 'string' } } };

/** Codes that share a status share an answer. */
function failures(row: Route): Record<string, unknown> {
  const keyed: readonly ErrorCode[] = row.keyed ? ['conflict'] : [];
  const codes = [...new Set([...commonErrors, ...keyed, ...row.errors])];
  const byStatus = Map.groupBy(codes, (code: ErrorCode) => errorCodes[code].status);
  const entries = [...byStatus].map(([status, of]) => {
    const wait = status === 429 || status === 503;
    const headers = wait
      ? { headers: { 'retry-after': { schema: { type: 'integer' }, description: 'Seconds.' } } }
      : {};
    return [status, { description: of.join(', '), ...headers, ...json({ $ref: '#/components/schemas/ErrorBody' }) }];
  });
  return Object.fromEntries(entries);
}

function json(schema: unknown) {
  return { content: { 'application/json': { schema } } };
}

function inline(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  return withoutIds(z.toJSONSchema(schema, { io, unrepresentable: 'any' }));
}

function components(registry: Registry): Record<string, unknown> {
  const uri = (id: string) => `#/components/schemas/${id}`;
  const { schemas } = z.toJSONSchema(registry, { uri, io: 'output', unrepresentable: 'any' });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutIds(schema)]));
}

function withoutIds(schema: object): Record<string, unknown> {
  const { $id: _, $schema: __, ...rest } = schema as Record<string, unknown>;
  return rest;
}
