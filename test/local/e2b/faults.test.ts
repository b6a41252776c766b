import { Sandbox } from 'e2b';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { API_KEY, aServer, type Stack } from './sdk.ts';

describe('injected faults', () => {
  let stack: Stack;
  const create = (metadata: Record<string, string> = {}) => Sandbox.create('base', { ...stack.at, metadata });
  const ids = async (metadata: Record<string, string>) =>
    (await Sandbox.list({ ...stack.at, query: { metadata } }).nextItems()).map((item) => item.sandboxId);

  beforeAll(async () => {
    stack = await aServer();
  });
  afterEach(async () => {
    stack.server.faults.clear();
    await Promise.all(stack.server.sandboxes().map(({ sandboxId }) => Sandbox.kill(sandboxId, stack.at)));
  });
  afterAll(() => stack.stop());

  it('lose the answer of a create whose sandbox exists', async () => {
    stack.server.faults.add({ operation: 'create', metadata: { job: 'lost' }, effect: { kind: 'lose-answer' } });

    await create({ job: 'other' });
    await expect(create({ job: 'lost' })).rejects.toMatchObject({ name: 'TypeError', message: 'fetch failed' });

    expect(await ids({ job: 'lost' })).toHaveLength(1);
    await create({ job: 'lost' });
    expect(await ids({ job: 'lost' })).toHaveLength(2);
  });

  it('refuse creates, with and without a time to wait', async () => {
    const effects = [
      { kind: 'answer', status: 429, message: 'slow down' },
      { kind: 'answer', status: 429, retryAfter: 1 },
      { kind: 'answer', status: 500 },
      { kind: 'answer', status: 503 },
    ] as const;
    effects.forEach((effect, index) => {
      stack.server.faults.add({ operation: 'create', nth: index + 1, effect });
    });

    await expect(create()).rejects.toMatchObject({ name: 'RateLimitError', message: /slow down/ });
    await expect(create()).rejects.toMatchObject({ name: 'RateLimitError' });
    await expect(create()).rejects.toMatchObject({ name: 'SandboxError', statusCode: 500 });
    await expect(create()).rejects.toMatchObject({ name: 'ServiceBusyError' });
    await create();
    stack.server.faults.add({ operation: 'create', effect: effects[1] });
    const patient = await Sandbox.create('base', { ...stack.at, retries: 1 });
    expect(await patient.isRunning()).toBe(true);
  });

  it('make a kill fail and hang, and a list lie', async () => {
    const sandbox = await create({ a: 'b' });
    stack.server.faults.add({ operation: 'kill', effect: { kind: 'answer', status: 500 } });
    stack.server.faults.add({ operation: 'kill', nth: 2, effect: { kind: 'hang' } });
    stack.server.faults.add({ operation: 'list', effect: { kind: 'answer', status: 200, body: [] } });
    stack.server.faults.add({ operation: 'list', nth: 2, effect: { kind: 'stale-list', omitYoungerThanMs: 60_000 } });

    await expect(sandbox.kill()).rejects.toMatchObject({ statusCode: 500 });
    await expect(sandbox.kill({ requestTimeoutMs: 200 })).rejects.toMatchObject({ name: 'TimeoutError' });
    expect([await ids({ a: 'b' }), await ids({ a: 'b' })]).toEqual([[], []]);
    expect(await ids({ a: 'b' })).toEqual([sandbox.sandboxId]);
    expect(await sandbox.kill()).toBe(true);
  });

  it('cut streams and files, and kill in the middle', async () => {
    const sandbox = await create({ n: '1' });
    const { faults } = stack.server;
    await sandbox.files.write('file', 'x'.repeat(100_000));
    faults.add({ operation: 'Start', metadata: { n: '1' }, effect: { kind: 'answer', status: 503 } });
    faults.add({ operation: 'Start', nth: 2, effect: { kind: 'withhold', event: 'end' } });
    faults.add({ operation: 'Start', nth: 3, effect: { kind: 'cut', afterBytes: 60 } });
    faults.add({ operation: 'read', effect: { kind: 'cut', afterBytes: 5_000 } });
    faults.add({ operation: 'read', nth: 2, effect: { kind: 'answer', status: 404 } });
    faults.add({ operation: 'write', effect: { kind: 'answer', status: 507 } });
    faults.add({ operation: 'Start', nth: 5, effect: { kind: 'kill-sandbox' } });

    await expect(sandbox.commands.run('true')).rejects.toMatchObject({ name: 'SandboxNotFoundError' });
    await expect(sandbox.commands.run('true')).rejects.toThrow();
    await expect(sandbox.commands.run('sleep 0.2; echo 1')).rejects.toThrow(/terminated/);
    await expect(sandbox.files.read('file')).rejects.toThrow(/terminated/);
    await expect(sandbox.files.read('file')).rejects.toMatchObject({ name: 'FileNotFoundError' });
    await expect(sandbox.files.write('file', 'x')).rejects.toMatchObject({ name: 'NotEnoughSpaceError' });
    expect(await sandbox.files.read('file')).toHaveLength(100_000);
    expect((await sandbox.commands.run('echo fine')).stdout).toBe('fine\n');
    await expect(sandbox.commands.run('true')).rejects.toMatchObject({ name: 'SandboxNotFoundError' });
    expect(stack.server.sandboxes()).toEqual([]);
  });

  it('take the whole control plane down for a while', async () => {
    stack.server.faults.add({ operation: 'api', times: 0, forMs: 300, effect: { kind: 'reset' } });

    await expect(create()).rejects.toMatchObject({ name: 'TypeError' });
    await expect(ids({})).rejects.toMatchObject({ name: 'TypeError' });
    await expect.poll(() => ids({}), { timeout: 5_000 }).toEqual([]);
  });

  it('are set and shown over HTTP, with the key alone', async () => {
    const admin = (method: string, path: string, body?: object, key = API_KEY) =>
      fetch(`${stack.server.url}/_admin/${path}`, {
        method,
        headers: { 'x-api-key': key },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
    const sandbox = await create();

    await admin('POST', 'faults', [{ operation: 'info', effect: { kind: 'answer', status: 504 } }]);
    await expect(sandbox.getInfo()).rejects.toMatchObject({ statusCode: 504 });

    expect(await (await admin('GET', 'faults')).json()).toMatchObject([{ operation: 'info', seen: 1 }]);
    expect((await admin('POST', 'faults', { operation: 'info', effect: { kind: 'nonsense' } })).status).toBe(400);
    expect((await admin('GET', 'faults', undefined, 'other')).status).toBe(401);
    expect(await (await admin('DELETE', 'faults')).json()).toEqual([]);
    expect(await (await admin('POST', `sandboxes/${sandbox.sandboxId}/kill`)).json()).toEqual({ killed: true });
    expect(await sandbox.isRunning()).toBe(false);
  });

  it('break the way out of a sandbox', async () => {
    const sandbox = await create();
    stack.server.faults.add({ operation: 'egress', target: '10.0.0.1:80', effect: { kind: 'reset' } });

    const first = await sandbox.commands.run('curl -sS http://10.0.0.1/ 2>&1 || true');
    const second = await sandbox.commands.run('curl -sS http://10.0.0.1/');

    expect(first.stdout).toMatch(/Empty reply|reset/);
    expect(second.stdout).toMatch(/not reachable from this sandbox/);
  });
});
