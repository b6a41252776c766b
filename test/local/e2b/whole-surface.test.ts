import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aServer, eventually, SDKS, type Stack } from './sdk.ts';

describe.each(SDKS)('the lesser used calls, by SDK $version', ({ sdk: { E2B, Sandbox } }) => {
  let stack: Stack;
  let sandbox: InstanceType<typeof Sandbox>;

  beforeAll(async () => {
    stack = await aServer();
    sandbox = await Sandbox.create('base', { ...stack.at, timeoutMs: 60_000, metadata: { of: 'surface' } });
  });
  afterAll(() => stack.stop());

  it('by id alone, without a sandbox object', async () => {
    const { sandboxId } = sandbox;

    expect(await Sandbox.getFullInfo(sandboxId, stack.at)).toMatchObject({ sandboxId, metadata: { of: 'surface' } });
    expect(await Sandbox.getMetrics(sandboxId, stack.at)).toMatchObject([{ cpuCount: 2 }]);
    await Sandbox.updateNetwork(sandboxId, { denyOut: ['0.0.0.0/0'] }, stack.at);
    expect(await sandbox.getInfo()).toMatchObject({ network: { denyOut: ['0.0.0.0/0'] } });
  });

  it('of a client with its own connection', async () => {
    const client = new E2B(stack.at);

    const own = await client.Sandbox.create('base');
    const found = await client.Sandbox.connect(own.sandboxId);

    expect((await found.commands.run('echo hi')).stdout).toBe('hi\n');
    expect(await client.Sandbox.kill(own.sandboxId)).toBe(true);
  });

  it('of a sandbox that is at hand', async () => {
    const { endAt } = await sandbox.getInfo();

    await sandbox.setTimeout(600_000);
    const same = await sandbox.connect({ timeoutMs: 1_000 });

    expect(same.sandboxId).toBe(sandbox.sandboxId);
    expect((await sandbox.getInfo()).endAt.getTime()).toBeGreaterThan(endAt.getTime() + 500_000);
    expect(sandbox.getHost(3000)).toBe(`3000-${sandbox.sandboxId}.${sandbox.sandboxDomain}`);
    expect(sandbox.getMcpUrl()).toBe(`https://${sandbox.getHost(50005)}/mcp`);
    await expect(sandbox.getMcpToken()).rejects.toMatchObject({ name: 'FileNotFoundError' });
  });

  it('of files, many at once', async () => {
    const written = await sandbox.files.writeFiles([
      { path: 'many/1', data: 'one' },
      { path: 'many/2', data: new Blob(['two']) },
    ]);

    expect(written.map(({ path }) => path)).toEqual(['/home/user/many/1', '/home/user/many/2']);
    expect(await sandbox.files.read('many/2', { format: 'text' })).toBe('two');
  });

  it('of the handle of a command', async () => {
    const cat = await sandbox.commands.run('cat; exit 7', { background: true, stdin: true });
    await cat.sendStdin('to the handle');
    await cat.closeStdin();
    await expect(cat.wait()).rejects.toMatchObject({ exitCode: 7, stdout: 'to the handle' });

    const sleeper = await sandbox.commands.run('sleep 60', { background: true });
    await sleeper.disconnect();
    expect((await sandbox.commands.list()).map(({ pid }) => pid)).toContain(sleeper.pid);
    expect(await sleeper.kill()).toBe(true);
    await eventually(async () => (await sandbox.commands.list()).length === 0);
  });
});
