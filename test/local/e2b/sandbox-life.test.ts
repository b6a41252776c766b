import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { API_KEY, aServer, eventually, SDKS, type Stack } from './sdk.ts';

describe.each(SDKS)('life of a sandbox, by SDK $version', ({ sdk: { Sandbox } }) => {
  let stack: Stack;
  const create = (options: object = {}) => Sandbox.create('base', { ...stack.at, ...options });

  beforeAll(async () => {
    stack = await aServer({ maxConcurrent: 3 });
  });
  afterEach(async () => {
    await Promise.all(stack.server.sandboxes().map(({ sandboxId }) => Sandbox.kill(sandboxId, stack.at)));
  });
  afterAll(() => stack.stop());

  it('says what it was created with', async () => {
    const metadata = { job: 'j 1', tenant: 'ü=&' };

    const sandbox = await create({ timeoutMs: 90_000, metadata, network: { denyOut: ['0.0.0.0/0'] } });
    const info = await Sandbox.getInfo(sandbox.sandboxId, stack.at);

    expect(info).toMatchObject({ sandboxId: sandbox.sandboxId, templateId: 'base', metadata, state: 'running' });
    expect(info).toMatchObject({ lifecycle: { onTimeout: 'kill' }, network: { denyOut: ['0.0.0.0/0'] } });
    expect(info.endAt.getTime() - info.startedAt.getTime()).toBeCloseTo(90_000, -3);
    expect(await sandbox.isRunning()).toBe(true);
  });

  it('ends at a kill, once, and takes its files along', async () => {
    const sandbox = await create();

    const kills = [await sandbox.kill(), await sandbox.kill()];

    expect(kills).toEqual([true, false]);
    await expect(Sandbox.getInfo(sandbox.sandboxId, stack.at)).rejects.toMatchObject({ name: 'SandboxNotFoundError' });
    expect(await sandbox.isRunning()).toBe(false);
    await expect(sandbox.commands.run('true')).rejects.toMatchObject({ name: 'SandboxNotFoundError' });
    await expect(sandbox.files.read('/etc/passwd')).rejects.toMatchObject({ name: 'TimeoutError' });
    const folder = join(stack.stateDir, 'sandboxes', sandbox.sandboxId);
    await eventually(async () => !(await readdir(join(folder, '..'))).includes(sandbox.sandboxId));
  });

  it('is found again by id, with a token, and lives at least as long as asked', async () => {
    const sandbox = await create({ timeoutMs: 60_000 });
    const { endAt } = await sandbox.getInfo();

    const again = await Sandbox.connect(sandbox.sandboxId, { ...stack.at, timeoutMs: 1_000 });

    expect((await again.commands.run('echo hi')).stdout).toBe('hi\n');
    expect((await again.getInfo()).endAt).toEqual(endAt);
    await Sandbox.connect(sandbox.sandboxId, { ...stack.at, timeoutMs: 600_000 });
    expect((await again.getInfo()).endAt.getTime()).toBeGreaterThan(endAt.getTime() + 500_000);
    await Sandbox.setTimeout(sandbox.sandboxId, 30_000, stack.at);
    expect((await again.getInfo()).endAt.getTime()).toBeLessThan(endAt.getTime());
  });

  it('never outlives the plan', async () => {
    const sandbox = await create({ timeoutMs: 60_000 });

    await Sandbox.setTimeout(sandbox.sandboxId, 7_200_000, stack.at);

    const { startedAt, endAt } = await sandbox.getInfo();
    expect(endAt.getTime() - startedAt.getTime()).toBe(3_600_000);
    await expect(create({ timeoutMs: 3_601_000 })).rejects.toMatchObject({ name: 'SandboxError', message: /400/ });
  });

  it('is refused with the words of e2b', async () => {
    await expect(create({ apiKey: 'e2b_00000000000000000000000000000000' })).rejects.toMatchObject({
      name: 'AuthenticationError',
    });
    await expect(Sandbox.create('nope', stack.at)).rejects.toMatchObject({ name: 'SandboxError', message: /404/ });
    await expect(create({ network: { allowOut: ['example.com'] } })).rejects.toThrow(/ALL_TRAFFIC/);
    await Promise.all([create(), create(), create()]);
    await expect(create()).rejects.toMatchObject({
      name: 'RateLimitError',
      message: /you have reached the maximum number of concurrent E2B sandboxes \(3\)/,
    });
    await expect(Sandbox.connect('inothere', stack.at)).rejects.toMatchObject({ name: 'SandboxNotFoundError' });
    await expect(Sandbox.setTimeout('inothere', 1000, stack.at)).rejects.toMatchObject({
      name: 'SandboxNotFoundError',
    });
  });

  it('is listed newest first, by page, by metadata', async () => {
    const ids: string[] = [];
    for (const job of ['a', 'b&=%', 'b&=%']) {
      ids.unshift((await create({ metadata: { job, install: 'x' } })).sandboxId);
    }
    const pages: string[][] = [];
    const all = Sandbox.list({ ...stack.at, limit: 2 });
    while (all.hasNext) {
      pages.push((await all.nextItems()).map((item) => item.sandboxId));
    }

    const some = await Sandbox.list({ ...stack.at, query: { metadata: { job: 'b&=%', install: 'x' } } }).nextItems();

    expect(pages).toEqual([ids.slice(0, 2), ids.slice(2)]);
    expect(some.map((item) => item.sandboxId)).toEqual(ids.slice(0, 2));
    const paused = Sandbox.list({ ...stack.at, query: { state: ['paused'] } });
    expect(await paused.nextItems()).toEqual([]);
  });

  it('answers 501 by name for what it does not have', async () => {
    const sandbox = await create();

    await expect(sandbox.pause()).rejects.toThrow(/501.*pause is not part of this server/);
  });
});

describe('time scale', () => {
  it('divides the life of a sandbox', async () => {
    const stack = await aServer({ timeScale: 100 });
    const { Sandbox } = SDKS[0]!.sdk;
    try {
      const sandbox = await Sandbox.create('base', { ...stack.at, timeoutMs: 30_000 });
      const { sandboxId } = sandbox;

      await eventually(() => stack.server.sandboxes().length === 0);

      expect(await Sandbox.kill(sandboxId, { ...stack.at, apiKey: API_KEY })).toBe(false);
    } finally {
      await stack.stop();
    }
  });
});
