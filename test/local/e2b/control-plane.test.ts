import { Sandbox } from 'e2b';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { API_KEY, aServer, type Stack } from './sdk.ts';

/** Answers of the control plane that the SDK shows only in part, or never asks for. */
describe('the control plane', () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await aServer({ templates: ['base', 'other'], maxConcurrent: 5 });
  });
  afterEach(async () => {
    await Promise.all(stack.server.sandboxes().map(({ sandboxId }) => Sandbox.kill(sandboxId, stack.at)));
  });
  afterAll(() => stack.stop());

  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await fetch(`${stack.server.url}${path}`, {
      method,
      headers: { 'x-api-key': API_KEY, ...headers },
      ...(body === undefined ? {} : { body: text }),
    });
    const answered = await answer.text();
    return { status: answer.status, headers: answer.headers, body: answered === '' ? undefined : JSON.parse(answered) };
  };
  const create = async (fields: object = {}) => {
    const { status, body } = await call('POST', '/v2/sandboxes', { templateID: 'base', timeout: 300, ...fields });
    expect(status).toBe(201);
    return body.sandboxID as string;
  };
  const listed = async (query: string) => {
    const { status, headers, body } = await call('GET', `/v2/sandboxes?${query}`);
    expect(status).toBe(200);
    const ids = (body as { sandboxID: string }[]).map(({ sandboxID }) => sandboxID);
    return { ids, next: headers.get('x-next-token'), running: headers.get('x-total-running') };
  };

  it('lists by order, age, template and state, and says how many run', async () => {
    const first = await create();
    const second = await create({ templateID: 'other' });
    const third = await create();
    const { body } = await call('GET', `/sandboxes/${second}`);

    expect(await listed('')).toEqual({ ids: [third, second, first], next: null, running: '3' });
    expect((await listed('order=asc')).ids).toEqual([first, second, third]);
    expect((await listed('template=other')).ids).toEqual([second]);
    expect((await listed(`startedAfter=${encodeURIComponent(body.startedAt)}`)).ids).toEqual([third]);
    expect((await listed('state=running,paused')).ids).toHaveLength(3);
    expect(await listed('state=paused')).toEqual({ ids: [], next: null, running: '3' });
    expect(await call('GET', '/v2/sandboxes?limit=0')).toMatchObject({ status: 400, body: { code: 400 } });
  });

  it('keeps its pages although sandboxes end in between', async () => {
    const ids = [await create(), await create(), await create(), await create()].reverse();

    const one = await listed('limit=2');
    await Sandbox.kill(ids[1] ?? '', stack.at);
    const two = await listed(`limit=2&nextToken=${one.next}`);

    expect(one.ids).toEqual(ids.slice(0, 2));
    expect(two).toEqual({ ids: ids.slice(2), next: null, running: '3' });
  });

  it('gives a token to whoever creates by the newer route, and by the older one to whoever asks for it', async () => {
    const newer = await call('POST', '/v2/sandboxes', { templateID: 'base' });
    const older = await call('POST', '/sandboxes', { templateID: 'base' });
    const secure = await call('POST', '/sandboxes', { templateID: 'base', secure: true });
    const life = async (id: string) => {
      const { startedAt, endAt } = (await call('GET', `/sandboxes/${id}`)).body;
      return Math.round((Date.parse(endAt) - Date.parse(startedAt)) / 1_000);
    };

    expect(newer.body.envdAccessToken).toMatch(/./);
    expect(older.body.envdAccessToken).toBeUndefined();
    expect(secure.body.envdAccessToken).toMatch(/./);
    expect([await life(newer.body.sandboxID), await life(older.body.sandboxID)]).toEqual([300, 15]);
    const list = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
    const asked = (id: string) =>
      fetch(`${stack.server.url}/process.Process/List`, {
        ...list,
        headers: { ...list.headers, 'e2b-sandbox-id': id },
      });
    expect((await asked(older.body.sandboxID)).status).toBe(200);
    expect((await asked(newer.body.sandboxID)).status).toBe(401);
  });

  it('answers connect, timeout, network and kill as e2b does', async () => {
    const id = await create();

    expect(await call('POST', `/v2/sandboxes/${id}/connect`, {})).toMatchObject({
      status: 200,
      body: { sandboxID: id, templateID: 'base', envdVersion: '0.6.13', domain: null },
    });
    expect((await call('POST', `/sandboxes/${id}/timeout`, { timeout: 60 })).status).toBe(204);
    expect((await call('PUT', `/sandboxes/${id}/network`, { denyOut: ['10.0.0.0/8'] })).status).toBe(204);
    expect((await call('GET', `/sandboxes/${id}`)).body).toMatchObject({ network: { denyOut: ['10.0.0.0/8'] } });
    expect((await call('PUT', `/sandboxes/${id}/network`, {})).status).toBe(204);
    expect((await call('GET', `/sandboxes/${id}`)).body.network?.denyOut ?? []).toEqual([]);
    expect((await call('DELETE', `/sandboxes/${id}`)).status).toBe(204);
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['DELETE', '', undefined],
      ['POST', '/timeout', { timeout: 60 }],
      ['PUT', '/network', {}],
      ['POST', '/connect', { timeout: 60 }],
      ['GET', '/metrics', undefined],
    ] as const)
      expect(await call(method, `/sandboxes/${id}${path}`, body)).toMatchObject({ status: 404, body: { code: 404 } });
  });

  it.each([
    ['a lifetime of nothing', { timeout: 0 }, 400],
    ['a lifetime beyond the plan', { timeout: 3_601 }, 400],
    ['text for a lifetime', { timeout: 'long' }, 400],
    ['a name to deny', { network: { denyOut: ['example.com'] } }, 400],
    ['an unknown template', { templateID: 'nope' }, 404],
    ['volumes', { volumeMounts: [{ name: 'v', path: '/v' }] }, 501],
    ['an identity', { iam: { tokens: {} }, volumeMounts: [], autoPause: true }, 501],
    ['rules by request', { network: { rules: { 'example.com': [{}] } } }, 501],
    ['a proxy of its own', { network: { egressProxy: { url: 'http://proxy' } } }, 501],
  ])('refuses a create with %s', async (_, fields, status) => {
    const answer = await call('POST', '/v2/sandboxes', { templateID: 'base', timeout: 60, ...fields });

    expect(answer).toMatchObject({ status, body: { code: status, message: /./ } });
    expect(stack.server.sandboxes()).toEqual([]);
  });

  it('refuses what it cannot read, whom it does not know, and what it does not have', async () => {
    expect(await call('POST', '/v2/sandboxes', '{"templateID"')).toMatchObject({ status: 400, body: { code: 400 } });
    expect(await call('POST', '/v2/sandboxes', {})).toMatchObject({ status: 400, body: { message: /templateID/ } });
    expect(await call('GET', '/v2/sandboxes', undefined, { 'x-api-key': 'e2b_no' })).toMatchObject({ status: 401 });
    const anonymous = await fetch(`${stack.server.url}/v2/sandboxes`);
    expect([anonymous.status, await anonymous.json()]).toMatchObject([401, { code: 401 }]);
    for (const path of ['/templates', '/v2/sandboxes/x/refreshes', '/teams', '/nodes'])
      expect(await call('GET', path)).toMatchObject({ status: 501, body: { code: 501, message: /is not part of/ } });
  });
});
