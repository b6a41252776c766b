import * as z from 'zod';
import { Artifact } from '#core/job/artifact';
import { JobEvent } from '#core/job/milestone';
import { exampleOf } from './examples.ts';
import { answerSchema, answerSchemas, type Named, requestSchema } from './json-schema.ts';
import { errorResponses, isTagged, json, responsesOf } from './openapi-responses.ts';
import type { Route } from './route.ts';
import { routes } from './routes.ts';
import {
  AttemptView,
  ErrorBody,
  GatewayError,
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
  const names = z.registry<{ id: string }>();
  const named = {
    ErrorBody,
    GatewayError,
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
  for (const [id, schema] of Object.entries(named)) names.add(schema, { id });
  for (const [name, row] of Object.entries(routes) as Array<[string, Route]>) {
    const path = row.path.replace('+}', '}');
    paths[path] = { ...paths[path], [row.method.toLowerCase()]: operation(name, row, names) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Patchbay',
      version,
      description:
        'JSON is snake_case. Ids are opaque, times are ISO 8601 in UTC, costs US dollars. Readers should ignore fields they do not know.',
    },
    servers: [
      { url: '/api', description: 'The address that `npm start` prints, or the installation’s output `ApiUrl`.' },
    ],
    paths,
    components: {
      schemas: answerSchemas(names),
      responses: errorResponses(),
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

function operation(name: string, row: Route, named: Named): Record<string, unknown> {
  return {
    operationId: name,
    summary: row.summary,
    tags: [row.path.split('/')[1]],
    security: [{ [row.auth]: [] }],
    parameters: [
      ...parameters('path', row.params),
      ...parameters('query', row.query),
      ...(row.keyed ? [keyHeader] : []),
      ...(isTagged(row) ? [tagHeader] : []),
    ],
    ...(row.body && {
      requestBody: {
        required: !row.body.safeParse({}).success,
        ...json(requestSchema(row.body), exampleOf(name).body),
      },
    }),
    responses: responsesOf(name, row, named),
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

function parameters(place: 'path' | 'query', schema: z.ZodObject): unknown[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const { description, ...rest } = answerSchema(field as z.ZodType);
    return {
      name,
      in: place,
      required: place === 'path' || !(field as z.ZodType).safeParse(undefined).success,
      ...(description !== undefined && { description }),
      schema: rest,
    };
  });
}
