import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

/** Logs go to the console here, so that a test can read them: set before anything that logs is loaded. */
vi.hoisted(() => {
  process.env.POWERTOOLS_DEV = 'true';
  process.env.POWERTOOLS_LOG_LEVEL = 'INFO';
  process.env.POWERTOOLS_METRICS_DISABLED = 'true';
});

import { anApi } from '../../support/an-api.ts';
import { aJob, anId, anIssue, aSession } from '../../support/builders.ts';
import { type FakeWorld, fakeWorld } from '../../support/fake-world.ts';

let world: FakeWorld;
let call: ReturnType<typeof anApi>;
let lines: string[];

beforeEach(() => {
  world = fakeWorld();
  call = anApi(world);
  lines = [];
  for (const level of ['info', 'warn', 'error'] as const) {
    vi.spyOn(console, level).mockImplementation((line) => void lines.push(String(line)));
  }
});
afterEach(() => {
  vi.restoreAllMocks();
});

const logged = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);

describe('a failure', () => {
  it('nobody expected is 500 without its message, and logged with its cause and the job', async () => {
    world.jobs.seed(aJob());
    const error = new Error('table arn:secret is gone', { cause: new Error('the cause') });
    world.faults.before('log.tail', error);

    const { status, body, text } = await call('getJob', { params: { job_id: anId('j') } });

    expect(status).toBe(500);
    expect(body).toMatchObject({ code: 'internal', retryable: true, request_id: 'request-1' });
    expect(text).not.toContain('arn:secret');
    const [line] = logged().filter(({ level }) => level === 'ERROR');
    expect(line).toMatchObject({ job_id: anId('j'), tenant: 'acme', route: 'getJob', request_id: 'request-1' });
    expect(JSON.stringify(line)).toContain('the cause');
  });

  it.each([
    Object.assign(new Error('slow down'), { $fault: 'client', $retryable: { throttling: true } }),
    Object.assign(new Error('down'), { $fault: 'server' }),
    Object.assign(new Error('silence'), { name: 'TimeoutError' }),
  ])('of a service behind us is 503 with Retry-After', async (error) => {
    world.faults.before('jobs.get', error);

    const { status, headers, body } = await call('getJob', { params: { job_id: anId('j') } });

    expect([status, headers['retry-after'], body.code]).toEqual([503, '5', 'unavailable']);
  });

  it('with a code that is no answer to a request is 500', async () => {
    const { PatchbayError } = await import('#core/errors');
    world.faults.before('jobs.get', new PatchbayError('provider_busy', 'not for here'));

    expect((await call('getJob', { params: { job_id: anId('j') } })).status).toBe(500);
  });
});

describe('a log line', () => {
  it('never holds what people wrote, nor their token', async () => {
    await world.sessions.create(aSession());
    await world.sessions.addIssue(anIssue());
    const headers = { authorization: 'Bearer person-token' };

    await call('createMessage', { params: { id: anId('s') }, headers, body: { text: 'private words' } });
    await call('createMessage', { params: { id: anId('s') }, headers, body: { text: 'private words', more: 1 } });
    await call('solve', { params: { id: anId('s'), issue_id: anId('i') }, headers });

    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join()).not.toMatch(/private words|person-token/);
  });

  it('of one request says nothing about the one before', async () => {
    world.jobs.seed(aJob());
    await call('getJob', { params: { job_id: anId('j') } });
    lines = [];

    await call('getSession', { params: { id: anId('s') } });

    expect(logged()).toMatchObject([{ message: 'request refused', session_id: anId('s') }]);
    expect(logged()[0]).not.toHaveProperty('job_id');
  });
});

describe('a body', () => {
  const params = { id: anId('s') };
  beforeEach(() => world.sessions.create(aSession()));

  it('that is not JSON is 400', async () => {
    const { status, body } = await call('createMessage', { params, body: '{"text": ' });

    expect(status).toBe(400);
    expect(body.fields).toEqual([{ field: 'body', message: 'is not JSON' }]);
    expect(body.message).toBe('Not valid in the request: body.');
    expect(logged()).toMatchObject([{ message: 'request refused', reason: 'The body is not JSON.' }]);
  });

  it('that is too large is 413, naming the limit', async () => {
    const { status, body } = await call('createMessage', { params, body: { text: 'x'.repeat(300_000) } });

    expect(status).toBe(413);
    expect(body.message).toContain('262144');
  });
});
