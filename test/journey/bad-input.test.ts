import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { RouteName } from '#core/api/routes';
import { ErrorBody } from '#core/api/views';
import type { ErrorCode } from '#core/errors';
import { randomId } from '#core/ids';
import { caps } from '#core/workflow/limits';
import { ApiClient, ApiError } from '../../bin/client/api-client.ts';
import { eventually } from '../support/eventually.ts';
import { type Journey, startJourney } from '../support/journey.ts';
import { type LiveCall, liveCall } from '../support/live-call.ts';
import { someThings, type Things } from '../support/some-things.ts';

let journey: Journey;
/** Of `you`, and of somebody of another tenant. Its repository is not there: no job gets far. */
let own: Things;
let foreign: Things;
let token: string;

beforeAll(async () => {
  journey = await startJourney();
  token = await journey.stack.issuer.token('you');
  [own, foreign] = await Promise.all([
    someThings(journey.api, nowhere().url),
    someThings(journey.stranger, nowhere().url),
  ]);
});
afterAll(() => journey?.stop());

function nowhere(): { url: string; ref?: string } {
  return { url: `${journey.stack.gitHost.url}/nowhere.git` };
}

const send = (name: RouteName, call: LiveCall = {}) =>
  liveCall(journey.stack.apiUrl, name, { params: { ...own }, token, ...call });

interface Case {
  of: string;
  route: RouteName;
  call?: () => LiveCall | Promise<LiveCall>;
  status: number;
  code: ErrorCode;
  fields?: string[];
  says?: RegExp;
}

const issueBody = (change: object) => () => ({ body: { title: 'Any', repository: nowhere(), ...change } });
const options = (body: object) => () => ({ body, headers: { 'idempotency-key': randomId('k') } });
const refused = (of: string, route: RouteName, call: Case['call'], fields: string[]): Case => {
  return { of, route, ...(call && { call }), status: 400, code: 'invalid_request', fields };
};
const absent = (of: string, route: RouteName, params: () => Partial<Things>): Case => {
  return {
    of,
    route,
    call: () => ({ params: { ...own, ...params() } }),
    status: 404,
    code: 'not_found',
    says: /Check the id/,
  };
};

const cases: Case[] = [
  absent('an unknown session', 'getSession', () => ({ id: randomId('s') })),
  absent('an id that is none', 'getSession', () => ({ id: 'constructor' })),
  absent('an unknown issue', 'solve', () => ({ issue_id: randomId('i') })),
  absent('an issue of another session', 'getIssue', () => ({ issue_id: foreign.issue_id })),
  absent('an unknown job', 'getJob', () => ({ job_id: randomId('j') })),
  absent('somebody else’s session', 'getSession', () => foreign),
  absent('somebody else’s issue', 'solve', () => foreign),
  absent('somebody else’s job', 'getJob', () => foreign),
  {
    of: 'the job of a colleague',
    route: 'getJob',
    call: async () => ({ token: await journey.stack.issuer.token('you', { claims: { sub: 'colleague' } }) }),
    status: 404,
    code: 'not_found',
  },
  absent('the log of somebody else’s job', 'listEvents', () => foreign),
  absent('the cancel of somebody else’s job', 'cancelJob', () => foreign),
  {
    of: 'a ticket for somebody else’s session',
    route: 'createTicket',
    call: () => ({ body: { session_id: foreign.id } }),
    status: 404,
    code: 'not_found',
  },
  refused('no attempts', 'solve', options({ attempts: 0 }), ['attempts']),
  refused('nine attempts', 'solve', options({ attempts: 9 }), ['attempts']),
  refused('half an attempt', 'solve', options({ attempts: 1.5 }), ['attempts']),
  refused('too few steps', 'solve', options({ limits: { steps: 4 } }), ['limits.steps']),
  refused('too little money and time', 'solve', options({ limits: { cost_usd: 0, wall_seconds: 119 } }), [
    'limits.cost_usd',
    'limits.wall_seconds',
  ]),
  refused('a model without its provider', 'solve', options({ models: ['sample'] }), ['models.0']),
  refused('an unknown option', 'solve', options({ attemps: 2 }), ['attemps']),
  refused('an unknown status', 'listJobs', () => ({ query: { status: 'done' } }), ['status']),
  refused('a cursor that is none', 'listJobs', () => ({ query: { cursor: 'no cursor' } }), ['cursor']),
  refused('an empty title', 'createIssue', issueBody({ title: '' }), ['title']),
  refused('a title too long', 'createIssue', issueBody({ title: 'x'.repeat(caps.issueTitle + 1) }), ['title']),
  refused(
    'a repository with a password',
    'createIssue',
    issueBody({ repository: { url: 'https://me:pass@github.com/a/b' } }),
    ['repository.url'],
  ),
  refused('a repository of another protocol', 'createIssue', issueBody({ repository: { url: 'file:///etc/passwd' } }), [
    'repository.url',
  ]),
  refused('broken JSON', 'createSession', () => ({ body: '{"title": ' }), ['body']),
  refused('JSON that is no object', 'createSession', () => ({ body: '[]' }), ['(whole)']),
  refused(
    'an Idempotency-Key too long',
    'createSession',
    () => ({ body: {}, headers: { 'idempotency-key': 'k'.repeat(201) } }),
    ['Idempotency-Key'],
  ),
  {
    of: 'an unknown provider',
    route: 'solve',
    call: options({ models: ['nobody/model'] }),
    status: 422,
    code: 'unprocessable',
    fields: ['models'],
    says: /providers: replay, scripted/,
  },
  {
    of: 'more money than the day has',
    route: 'solve',
    call: options({ attempts: 8, limits: { cost_usd: 100 } }),
    status: 402,
    code: 'budget_refused',
    says: /lower limits.cost_usd/,
  },
  {
    of: 'a body too large',
    route: 'createMessage',
    call: () => ({ body: { text: 'x'.repeat(caps.callbackBytes) } }),
    status: 413,
    code: 'payload_too_large',
    says: /limit/,
  },
  {
    of: 'a command that cannot be read',
    route: 'createMessage',
    call: () => ({ body: { text: '/solve' } }),
    status: 422,
    code: 'unprocessable',
    fields: ['text'],
    says: /Write `\/solve/,
  },
  {
    of: 'a command for an issue that is not there',
    route: 'createMessage',
    call: () => ({ body: { text: '/solve 7' } }),
    status: 422,
    code: 'unprocessable',
    fields: ['text'],
  },
  {
    of: 'the same key with another request',
    route: 'solve',
    call: () => ({ body: { attempts: 2 }, headers: { 'idempotency-key': 'first' } }),
    status: 409,
    code: 'conflict',
    says: /new Idempotency-Key/,
  },
  {
    of: 'a runner’s report with a person’s token',
    route: 'callback',
    call: () => ({
      params: { attempt_id: `${own.job_id}.1` },
      body: { from: 1, events: [], hb: { phase: 'solving', steps: 0, cost_usd: 0 } },
    }),
    status: 401,
    code: 'unauthorized',
  },
];

describe('a request that is wrong', () => {
  it.each(cases)('is told so: $of ($status $code)', async ({ route, call, status, code, fields, says }) => {
    const answer = await send(route, await call?.());

    expect(answer).toMatchObject({ status, body: { code, retryable: false } });
    const error = ErrorBody.parse(answer.body);
    expect(error.remedy).toMatch(says ?? /./);
    expect(error.detail).toBe(error.message);
    expect(error.request_id).not.toBe('');
    if (fields) expect(error.fields?.map(({ field }) => field)).toEqual(fields);
  });

  it.each([
    ['no token', () => undefined],
    ['garbage', () => 'garbage'],
    ['an expired token', () => journey.stack.issuer.token('you', { expiresInSeconds: -60 })],
    ['a token for somebody else', () => journey.stack.issuer.token('you', { claims: { aud: 'another-app' } })],
    ['a token of another issuer', () => journey.stack.issuer.token('you', { claims: { iss: 'http://127.0.0.1:1' } })],
    ['a token signed by another key', forged],
  ])('is refused with %s before any function sees it', async (_, make) => {
    const answer = await send('getMe', { token: await make() });

    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(answer.body).toEqual({ message: 'Unauthorized' });
  });

  it.each([
    ['is nothing', {}],
    ['could leave its place in a key', { sub: 'you#x' }],
  ])('is forbidden with a token whose user %s', async (_, claims) => {
    const answer = await send('getMe', {
      token: await journey.stack.issuer.token('you', { claims: { sub: '', ...claims } }),
    });

    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });
});

describe('a repository that cannot be used', () => {
  it.each([
    ['is not there', nowhere, /nowhere/],
    ['has no such ref', async () => ({ url: await someRepository(), ref: 'no-such-branch' }), /no-such-branch/],
    ['is inside a private network', () => ({ url: 'http://169.254.169.254/latest/meta-data.git' }), /169\.254/],
  ])('fails the job within seconds: it %s', async (_, repository, says) => {
    const { id } = await journey.api.call('createSession', { body: {} });
    const body = { title: 'Any', repository: await repository() };
    const issue = await journey.api.call('createIssue', { params: { id }, body });
    const { job } = await journey.api.call('solve', { params: { id, issue_id: issue.id }, body: {} });

    const { failure } = await journey.until(job.id, ({ status }) => status === 'failed', 20);

    expect(failure).toMatchObject({ code: 'repo_unreachable', message: expect.stringMatching(says) });
    expect(failure?.remedy).not.toBe('');
  });
});

describe('a socket', () => {
  it.each([
    ['without a ticket', '', 401],
    ['with a ticket that is none', '?ticket=nothing', 403],
  ])('is refused %s', async (_, query, status) => {
    expect(await upgrade(query)).toBe(status);
  });

  it('opens by a ticket once, and never again', async () => {
    const { ticket } = await journey.api.call('createTicket', { body: { session_id: own.id } });

    expect(await upgrade(`?ticket=${ticket}`)).toBe(101);
    expect(await upgrade(`?ticket=${ticket}`)).toBe(403);
  });

  it('is refused once the sign-in behind its ticket has ended', async () => {
    const short = new ApiClient({
      baseUrl: journey.stack.apiUrl,
      token: await journey.stack.issuer.token('you', { expiresInSeconds: 2 }),
    });
    const { ticket } = await short.call('createTicket', { body: { session_id: own.id } });
    await eventually('the sign-in has ended', async () => (await statusAs(short)) === 401);

    expect(await upgrade(`?ticket=${ticket}`)).toBe(403);
  });
});

async function someRepository(): Promise<string> {
  const { sessionId, issueId } = await journey.file();
  return (await journey.api.call('getIssue', { params: { id: sessionId, issue_id: issueId } })).repository.url;
}

/** The status of a request as this client. */
async function statusAs(client: ApiClient): Promise<number> {
  try {
    await client.call('getMe', {});
    return 200;
  } catch (error) {
    if (error instanceof ApiError) return error.status;
    throw error;
  }
}

async function forged(): Promise<string> {
  const claims = { sub: 'you', tenant: 'laptop', aud: 'patchbay-local', iss: journey.stack.issuer.issuer };
  const { privateKey } = await crypto.subtle.generateKey(
    { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
    true,
    ['sign', 'verify'],
  );
  return await new SignJWT(claims).setProtectedHeader({ alg: 'RS256' }).setExpirationTime('1h').sign(privateKey);
}

/** The status that answers the upgrade; 101 is an open socket, which is closed again. */
async function upgrade(query: string): Promise<number | undefined> {
  return await new Promise((resolve) => {
    const socket = new WebSocket(`${journey.stack.socketUrl}${query}`);
    socket.on('unexpected-response', (_, { statusCode }) => {
      resolve(statusCode);
      socket.terminate();
    });
    socket.on('open', () => {
      resolve(101);
      socket.close();
    });
    socket.on('error', () => {});
  });
}
