import { CorsHttpMethod, HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  HttpJwtAuthorizer,
  HttpLambdaAuthorizer,
  HttpLambdaResponseType,
} from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { CfnParameter, type Stack } from 'aws-cdk-lib/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { jwtAuthorizer } from '#local/api/jwt-authorizer';
import { startWeb, type Web } from '#local/api/web';
import { type Issuer, startIssuer } from '#local/identity/issuer';
import { startLambdas } from '#local/lambda/pool';
import { type AccessRequest, type Assembly, type Lambdas, ServiceError } from '#local/parts';
import { freePort } from '#local/ports';
import { readAssembly } from '#local/template/assembly';
import { aFunction, someAddresses, synth, temporaryFolder } from '#test/local/template/synth';

const HANDLERS = {
  Echo: 'export const handler = async (event) => event;',
  Answers: `export const handler = async ({ queryStringParameters: { as } }) => ({
    full: { statusCode: 201, headers: { 'X-Own': 1 }, cookies: ['a=1; Path=/', 'b=2'], body: 'made' },
    binary: { statusCode: 200, headers: { 'content-type': 'image/png' }, body: 'iVBORw==', isBase64Encoded: true },
    redirect: { statusCode: 302, headers: { location: 'http://127.0.0.1:9/x' } },
    text: 'plain', malformed: { statusCode: 'soon' },
  })[as]; `,
  Throws: `export const handler = async () => { throw new Error('the reason stays inside'); };`,
  Gate: `export const handler = async ({ identitySource }) => ({ isAuthorized: identitySource[0] === 'open', context: { who: 'friend' } });`,
};
const folder = temporaryFolder();
const asked: AccessRequest[] = [];
let denied: string | undefined;
let base: string;
let assembly: Assembly;
let issuer: Issuer;
let lambdas: Lambdas;
let web: Web;

function build(stack: Stack) {
  const issuerParameter = new CfnParameter(stack, 'OidcIssuer', { default: '' });
  const api = new HttpApi(stack, 'Api', {
    createDefaultStage: false,
    corsPreflight: {
      allowOrigins: ['https://chat.example.com'],
      allowMethods: [CorsHttpMethod.ANY],
      allowHeaders: ['authorization'],
      exposeHeaders: ['retry-after'],
    },
  });
  api.addStage('stage', { stageName: 'api', autoDeploy: true });
  const integration = (id: keyof typeof HANDLERS) =>
    new HttpLambdaIntegration(`${id}Integration`, aFunction(stack, folder.path, id, HANDLERS[id]));
  const jwt = new HttpJwtAuthorizer('Jwt', issuerParameter.valueAsString, { jwtAudience: ['patchbay'] });
  const gate = new HttpLambdaAuthorizer('Gate', aFunction(stack, folder.path, 'Gate', HANDLERS.Gate), {
    responseTypes: [HttpLambdaResponseType.SIMPLE],
    identitySource: ['$request.header.X-Key'],
  });
  const echo = integration('Echo');
  for (const path of ['/jobs/{id}', '/jobs/all', '/jobs/{proxy+}', '/open']) {
    api.addRoutes({ path, methods: [HttpMethod.GET, HttpMethod.POST], integration: echo });
  }
  api.addRoutes({
    path: '/me',
    methods: [HttpMethod.GET],
    integration: echo,
    authorizer: jwt,
    authorizationScopes: ['solve'],
  });
  api.addRoutes({ path: '/gated', methods: [HttpMethod.GET], integration: echo, authorizer: gate });
  api.addRoutes({ path: '/answers', integration: integration('Answers') });
  api.addRoutes({ path: '/throws', integration: integration('Throws') });
}

beforeAll(async () => {
  const port = await freePort();
  const addresses = someAddresses({ web: `http://127.0.0.1:${port}` });
  base = `${addresses.web}/api`;
  issuer = await startIssuer({
    stateDir: folder.path,
    audience: 'patchbay',
    users: [{ sub: 'ada', email: 'ada@example.com', tenant: 'acme', groups: ['staff', 'leads'] }],
  });
  const parameters = { OidcIssuer: issuer.issuer };
  assembly = readAssembly({ cdkOut: synth(folder.path, build), addresses, parameters });
  const credentialsFor = () => ({ accessKeyId: 'key', secretAccessKey: 'secret' });
  const parts = { assembly, count: () => {}, log: () => {} };
  lambdas = await startLambdas({ ...parts, addresses, credentialsFor, stateDir: folder.path });
  const authorize = (request: AccessRequest) => {
    asked.push(request);
    if (denied && request.resource.includes(denied))
      throw new ServiceError('AccessDeniedException', 'not granted', 403);
  };
  web = await startWeb({ ...parts, lambdas, iam: { authorize }, port });
});

afterAll(async () => {
  await web?.stop();
  await lambdas?.stop();
  await issuer?.stop();
  folder[Symbol.dispose]();
});

const get = async (path: string, headers: Record<string, string> = {}) => {
  const response = await fetch(`${base}${path}`, { headers, redirect: 'manual' });
  const text = await response.text();
  return { response, status: response.status, text, json: () => JSON.parse(text) };
};
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('a request', () => {
  it('reaches the handler as payload 2.0', async () => {
    const response = await fetch(`${base}/jobs/a%20b?x=1&x=2&y=%C3%A9`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'X-Many': 'one', cookie: 'c=1; d=2' },
      body: '{"a":1}',
    });

    expect(await response.json()).toMatchObject({
      version: '2.0',
      routeKey: 'POST /jobs/{id}',
      rawPath: '/api/jobs/a b',
      rawQueryString: 'x=1&x=2&y=%C3%A9',
      cookies: ['c=1', 'd=2'],
      headers: { 'x-many': 'one', 'content-type': 'application/json' },
      queryStringParameters: { x: '1,2', y: 'é' },
      pathParameters: { id: 'a b' },
      requestContext: {
        accountId: '000000000000',
        stage: 'api',
        http: { method: 'POST', path: '/api/jobs/a b', sourceIp: '127.0.0.1' },
        time: expect.stringMatching(/^\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
      },
      body: '{"a":1}',
      isBase64Encoded: false,
    });
  });

  it('with a binary body reaches it in base64', async () => {
    const response = await fetch(`${base}/open`, { method: 'POST', body: new Uint8Array([0, 255]) });

    expect(await response.json()).toMatchObject({ body: 'AP8=', isBase64Encoded: true });
  });

  it.each([
    ['/jobs/all', 'GET /jobs/all', undefined],
    ['/jobs/7', 'GET /jobs/{id}', { id: '7' }],
    ['/jobs/7/logs/1', 'GET /jobs/{proxy+}', { proxy: '7/logs/1' }],
  ])('to %s takes the route %s', async (path, routeKey, pathParameters) => {
    const event = (await get(path)).json();

    expect({ routeKey: event.routeKey, pathParameters: event.pathParameters }).toEqual({ routeKey, pathParameters });
  });

  it('to no route, or outside every stage, is not found', async () => {
    expect((await get('/nothing')).json()).toEqual({ message: 'Not Found' });
    expect((await fetch(`${new URL(base).origin}/elsewhere`)).status).toBe(404);
  });

  it('is refused by the gateway when the function grants it nothing', async () => {
    denied = 'Echo';
    const { status } = await get('/open');
    denied = undefined;

    expect(status).toBe(500);
    expect(asked.at(-1)).toMatchObject({
      principal: 'apigateway.amazonaws.com',
      action: 'lambda:InvokeFunction',
      context: { 'aws:SourceArn': expect.stringMatching(/:execute-api:us-east-1:000000000000:\w+\/api\/GET\/open$/) },
    });
  });

  it('that is too large is refused', async () => {
    const { status } = await fetch(`${base}/open`, { method: 'POST', body: 'x'.repeat(7_000_000) });

    expect(status).toBe(413);
  });
});

describe('a response', () => {
  it('has the status, headers and cookies that the handler gave', async () => {
    const { response, status, text } = await get('/answers?as=full');

    expect([status, text, response.headers.get('x-own')]).toEqual([201, 'made', '1']);
    expect(response.headers.getSetCookie()).toEqual(['a=1; Path=/', 'b=2']);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  });

  it('may be binary, and may redirect', async () => {
    const response = await fetch(`${base}/answers?as=binary`);
    const redirect = await get('/answers?as=redirect');

    expect(Buffer.from(await response.arrayBuffer()).toString('base64')).toBe('iVBORw==');
    expect([redirect.status, redirect.response.headers.get('location')]).toEqual([302, 'http://127.0.0.1:9/x']);
  });

  it('without a status code is the JSON of a 200', async () => {
    const { status, text } = await get('/answers?as=text');

    expect([status, text]).toEqual([200, '"plain"']);
  });

  it.each(['/throws', '/answers?as=malformed'])('of a failing handler tells nothing: %s', async (path) => {
    const { status, text } = await get(path);

    expect([status, text]).toEqual([500, '{"message":"Internal Server Error"}']);
  });
});

describe('the JWT authorizer', () => {
  it('hands the claims on as texts', async () => {
    const { status, json } = await get('/me', bearer(await issuer.token('ada', { scope: 'read solve' })));

    expect(status).toBe(200);
    expect(json().requestContext.authorizer.jwt).toMatchObject({
      claims: { sub: 'ada', tenant: 'acme', groups: '[staff leads]', exp: expect.stringMatching(/^\d+$/) },
      scopes: ['solve'],
    });
  });

  it.each([
    ['no token', async () => ({}), 401],
    ['no JWT', async () => bearer('nonsense'), 401],
    ['an expired token', async () => bearer(await issuer.token('ada', { scope: 'solve', expiresInSeconds: -5 })), 401],
    ['another audience', async () => bearer(await issuer.token('ada', { scope: 'solve', claims: { aud: 'x' } })), 401],
    ['a token without the scope', async () => bearer(await issuer.token('ada', { scope: 'read' })), 403],
  ])('refuses %s', async (_what, headers, status) => {
    expect((await get('/me', await headers())).status).toBe(status);
  });

  it('refuses everyone while the issuer cannot be reached', async () => {
    const JwtConfiguration = { Issuer: `http://127.0.0.1:${await freePort()}`, Audience: ['patchbay'] };
    const authorize = jwtAuthorizer({ JwtConfiguration, IdentitySource: ['$request.header.Authorization'] });
    const headers = bearer(await issuer.token('ada'));
    const request = {
      method: 'GET',
      path: '/',
      queryString: '',
      headers,
      cookies: [],
      body: Buffer.alloc(0),
      sourceIp: '',
    };

    expect(await authorize(request, [])).toMatchObject({ allowed: false, status: 401 });
  });

  it('refuses a token signed by another key of the same name', async () => {
    const other = temporaryFolder();
    const users = [{ sub: 'ada', email: '', tenant: 'acme' }];
    const forger = await startIssuer({ stateDir: other.path, audience: 'patchbay', users });
    const token = await forger.token('ada', { scope: 'solve', claims: { iss: issuer.issuer } });
    await forger.stop();
    other[Symbol.dispose]();

    expect((await get('/me', bearer(token))).status).toBe(401);
  });
});

describe('a Lambda authorizer', () => {
  it('lets pass, denies, and is not asked without an identity', async () => {
    const open = await get('/gated', { 'x-key': 'open' });

    expect(open.json().requestContext.authorizer).toEqual({ lambda: { who: 'friend' } });
    expect((await get('/gated', { 'x-key': 'shut' })).status).toBe(403);
    expect((await get('/gated')).status).toBe(401);
  });
});

describe('CORS', () => {
  it('answers a preflight before any authorizer, to listed origins only', async () => {
    const preflight = (origin: string) => fetch(`${base}/me`, { method: 'OPTIONS', headers: { origin } });
    const known = await preflight('https://chat.example.com');

    expect(known.status).toBe(204);
    expect(known.headers.get('access-control-allow-origin')).toBe('https://chat.example.com');
    expect(known.headers.get('access-control-allow-headers')).toBe('authorization');
    expect((await preflight('https://evil.example.com')).headers.get('access-control-allow-origin')).toBeNull();
  });

  it('also marks refusals, so that a browser can read them', async () => {
    const { response, status } = await get('/me', { origin: 'https://chat.example.com' });

    expect(status).toBe(401);
    expect(response.headers.get('access-control-allow-origin')).toBe('https://chat.example.com');
    expect(response.headers.get('access-control-expose-headers')).toBe('retry-after');
  });
});
