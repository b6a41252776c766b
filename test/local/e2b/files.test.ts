import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aServer, SDKS, type Stack } from './sdk.ts';

describe.each(SDKS)('files, by SDK $version', ({ sdk: { Sandbox } }) => {
  let stack: Stack;
  let sandbox: InstanceType<typeof Sandbox>;

  beforeAll(async () => {
    stack = await aServer();
    sandbox = await Sandbox.create('base', stack.at);
  });
  afterAll(() => stack.stop());

  it('are written with their parents and read back in every format', async () => {
    const written = await sandbox.files.write('/workspace/a/b/c.txt', 'äöü');
    await sandbox.files.write([
      { path: 'one.txt', data: 'one' },
      { path: '/workspace/two.bin', data: new Uint8Array([0, 255]).buffer },
    ]);

    expect(written).toMatchObject({ name: 'c.txt', path: '/workspace/a/b/c.txt', type: 'file' });
    expect(await sandbox.files.read('/workspace/a/b/c.txt')).toBe('äöü');
    expect(await sandbox.files.read('/home/user/one.txt')).toBe('one');
    expect(await sandbox.files.read('/workspace/two.bin', { format: 'bytes' })).toEqual(new Uint8Array([0, 255]));
    const stream = await sandbox.files.read('~/one.txt', { format: 'stream' });
    expect(await new Response(stream).text()).toBe('one');
    expect(await sandbox.files.read('one.txt', { gzip: true })).toBe('one');
    expect((await sandbox.commands.run('stat -c "%a %U" one.txt')).stdout).toBe('644 user\n');
  });

  it('survive a large body and an empty one', async () => {
    const large = 'x'.repeat(5_000_000);

    await sandbox.files.write('large', new Blob([large]).stream(), { gzip: true } as object);
    await sandbox.files.write('empty', '');

    expect(await sandbox.files.read('large')).toBe(large);
    expect(await sandbox.files.read('empty')).toBe('');
    expect((await sandbox.files.getInfo('large')).size).toBe(5_000_000);
  });

  it('are described, listed to a depth, moved and removed', async () => {
    await sandbox.files.write('/workspace/tree/sub/deep/leaf', '1234');
    await sandbox.commands.run('ln -s /etc/passwd /workspace/tree/link');

    expect(await sandbox.files.getInfo('/workspace/tree/link')).toMatchObject({
      type: 'file',
      symlinkTarget: '/etc/passwd',
    });
    const names = async (depth: number) =>
      (await sandbox.files.list('/workspace/tree', { depth })).map(({ path }) => path);
    expect(await names(1)).toEqual(['/workspace/tree/link', '/workspace/tree/sub']);
    expect(await names(3)).toContain('/workspace/tree/sub/deep/leaf');
    expect(await sandbox.files.rename('/workspace/tree/sub', '/workspace/new/sub')).toMatchObject({ type: 'dir' });
    expect(await sandbox.files.exists('/workspace/tree/sub')).toBe(false);
    expect(await sandbox.files.makeDir('/workspace/made/of/many')).toBe(true);
    expect(await sandbox.files.makeDir('/workspace/made')).toBe(false);
    await sandbox.files.remove('/workspace/new');
    await sandbox.files.remove('/workspace/never-was');
    expect(await sandbox.files.exists('/workspace/new')).toBe(false);
  });

  it('fail by name', async () => {
    await sandbox.files.write('plain', '');

    await expect(sandbox.files.read('/nope')).rejects.toMatchObject({ name: 'FileNotFoundError' });
    await expect(sandbox.files.read('/workspace')).rejects.toMatchObject({ name: 'InvalidArgumentError' });
    await expect(sandbox.files.list('plain')).rejects.toMatchObject({ name: 'InvalidArgumentError' });
    await expect(sandbox.files.list('/nope')).rejects.toMatchObject({ name: 'FileNotFoundError' });
    await expect(sandbox.files.makeDir('plain')).rejects.toMatchObject({ name: 'InvalidArgumentError' });
    await expect(sandbox.files.rename('/nope', '/workspace/x')).rejects.toMatchObject({ name: 'FileNotFoundError' });
    await expect(sandbox.files.read('plain', { user: 'nobody' })).rejects.toMatchObject({
      name: 'AuthenticationError',
    });
  });

  it('never lead out of the jail', async () => {
    await sandbox.commands.run(`ln -s ${stack.stateDir} out; ln -s /proc/1/root/../../.. up`);

    expect(await sandbox.files.exists('out/sandboxes')).toBe(false);
    await expect(sandbox.files.read('out/etc/passwd')).rejects.toMatchObject({ name: 'FileNotFoundError' });
    await expect(sandbox.files.write('/usr/bin/evil', '')).rejects.toMatchObject({ name: 'SandboxError' });
  });
});
