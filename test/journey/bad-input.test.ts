import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { RouteName } from '#core/api/routes';
import { ErrorBody } from '#core/api/views';
import { ApiClient, ApiError } from '../../bin/client/api-client.ts';
import { badRequests } from '../support/bad-requests.ts';
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

describe('a request that is wrong', () => {
  it.each(badRequests)('is told so: $of ($status $code)', async ({ route, call, status, code, fields, says }) => {
    const colleague = await journey.stack.issuer.token('you', { claims: { sub: 'colleague' } });
    const answer = await send(route, await call?.({ own, foreign, colleague, url: nowhere().url }));

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
