import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { errorTable } from '#core/api/error-table';
import { eventTable } from '#core/api/event-table';
import { openApi } from '#core/api/openapi';
import type { Route } from '#core/api/route';
import { routes } from '#core/api/routes';
import { socketSchema } from '#core/api/socket-schema';
import { ErrorBody } from '#core/api/views';
import { errorCodes } from '#core/errors';
import packageJson from '../../../package.json' with { type: 'json' };

const stored = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../docs/api/${name}`, import.meta.url), 'utf8'));
interface Answer {
  content: { 'application/json': { example: unknown } };
}
type Schema = Record<string, unknown> & { properties?: Record<string, Schema>; $ref?: string };

const obvious = new RegExp(
  `^(${[
    'id|\\w+_id|\\w+_at|at|since|\\w+_usd|\\w+_seconds|runs_\\w+|src_seq|content_type|type|v',
    'title|text|body|message|comment|version|used|attempt|action|decision|data',
    'sessions?|messages|issues|jobs?|artifacts|events|repository|providers',
  ].join('|')})$`,
);

function unexplained(schema: unknown, path = ''): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const fields = Object.entries((schema as Schema).properties ?? {});
  const bare = fields.filter(([name, field]) => !obvious.test(name) && !field.description && !field.$ref);
  const below = Object.entries(schema).filter(([name]) => name !== 'example');
  return [
    ...bare.map(([name]) => `${path}.${name}`),
    ...below.flatMap(([name, value]) => unexplained(value, `${path}.${name}`)),
  ];
}

const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

describe('the API’s documents', () => {
  it.each([
    ['openapi.json', openApi(packageJson.version)],
    ['socket.schema.json', socketSchema()],
  ])('%s is what the contracts say (else: npm run api:docs)', (name, current) => {
    expect(stored(name)).toEqual(plain(current));
  });

  it.each([
    ['errors.md', errorTable()],
    ['events.md', eventTable()],
  ])('%s is what the table says (else: npm run api:docs)', (name, current) => {
    expect(readFileSync(new URL(`../../../docs/api/${name}`, import.meta.url), 'utf8')).toBe(current);
  });

  it('events.md names every field that a runner puts into an event', () => {
    const runner = new URL('../../../sandbox-template/runner/', import.meta.url);
    const sources = readdirSync(runner).filter((name) => name.endsWith('.py'));
    const code = sources.map((name) => readFileSync(new URL(name, runner), 'utf8')).join('\n');
    const calls = [...code.matchAll(/\.emit\(\s*"(\w+)"((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)/g)];

    expect(calls.length).toBeGreaterThan(15);
    for (const [, type, args = ''] of calls) {
      const row = eventTable().match(new RegExp(`^\\| \`${type}\` .*$`, 'm'))?.[0];
      for (const [, field] of args.matchAll(/[(,\s](\w+)=(?!=)/g)) {
        if (field !== 'attempt') expect(row, `${type}.${field}`).toMatch(new RegExp(`\\b${field}\\b`));
      }
    }
  });

  it('name every route, every parameter of its path, and only components that exist', () => {
    const { paths, components } = stored('openapi.json');
    const text = readFileSync(new URL('../../../docs/api/openapi.json', import.meta.url), 'utf8');

    for (const { method, path } of Object.values(routes) as Route[]) {
      const operation = paths[path.replace('+}', '}')]?.[method.toLowerCase()];
      const named = [...path.matchAll(/\{(\w+)\+?\}/g)].map(([, name]) => name);
      const given = operation?.parameters.filter((parameter: { in: string }) => parameter.in === 'path');
      expect(
        given?.map(({ name }: { name: string }) => name),
        path,
      ).toEqual(named);
    }
    const references = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name ?? '');
    expect(references.length).toBeGreaterThan(20);
    expect(references.filter((name) => !(name in components.schemas))).toEqual([]);
    expect(text).not.toMatch(/"\$ref": "#\/\$defs/);
  });

  it('say of each error what is answered: API Gateway’s own has another body', () => {
    const { paths, components } = stored('openapi.json');
    const answers = Object.values(errorCodes).flatMap(({ status }) => (status >= 400 ? [status] : []));

    expect(new Set(answers).size).toBe(answers.length);
    expect(Object.keys(components.responses)).toHaveLength(answers.length);
    expect(paths['/me'].get.responses).toMatchObject({
      401: { $ref: '#/components/responses/unauthorized' },
      429: { $ref: '#/components/responses/too_many_requests' },
    });
    const { schema } = components.responses.unauthorized.content['application/json'];
    expect(schema.anyOf).toContainEqual({ $ref: '#/components/schemas/GatewayError' });
  });

  it('show for each route what is sent and answered, in the form that its schemas ask for', () => {
    const { paths, components } = stored('openapi.json');

    for (const { method, path, body, success } of Object.values(routes) as Route[]) {
      const operation = paths[path.replace('+}', '}')][method.toLowerCase()];
      const sent = operation.requestBody?.content['application/json'].example;
      const answer = operation.responses[success.status].content['application/json']?.example;
      if (body) expect(body.safeParse(sent).error?.issues, `${path}: sent`).toBeUndefined();
      if (success.body) expect(success.body.parse(answer), `${path}: answer`).toEqual(answer);
    }
    for (const [code, { content }] of Object.entries<Answer>(components.responses)) {
      const { example } = content['application/json'];
      expect(ErrorBody.parse(example), code).toEqual(example);
    }
  });

  it('explain every field but those whose name says it all', () => {
    const { paths, components } = stored('openapi.json');
    const { ServerMessage, ClientMessage } = stored('socket.schema.json').$defs;
    // Spoken by our own runner alone: `core/api/callbacks.ts` explains it.
    const { '/callbacks/attempts/{attempt_id}': _, ...forPeople } = paths;
    const { CallbackResponse: __, ...schemas } = components.schemas;

    expect(unexplained({ forPeople, schemas, ServerMessage, ClientMessage })).toEqual([]);
  });

  it('close what is sent and leave open what is read: a new field is no reason to refuse an answer', () => {
    const { paths, components } = stored('openapi.json');
    const { ClientMessage, ServerMessage } = stored('socket.schema.json').$defs;
    const solve = paths['/sessions/{id}/issues/{issue_id}/solve'].post.requestBody.content['application/json'];

    expect(JSON.stringify([components.schemas, ServerMessage])).not.toContain('"additionalProperties":false');
    expect(solve.schema.additionalProperties).toBe(false);
    expect(
      ClientMessage.oneOf.every(({ additionalProperties }: Record<string, unknown>) => additionalProperties === false),
    ).toBe(true);
  });
});
