import { Sandbox } from 'e2b';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aServer, eventually, type Stack } from './sdk.ts';

const MEBIBYTE = 1024 * 1024;

describe('limits of a sandbox', () => {
  let stack: Stack;
  let sandbox: Sandbox;

  beforeAll(async () => {
    const limits = { memoryBytes: 200 * MEBIBYTE, diskBytes: 30 * MEBIBYTE, fileBytes: 50 * MEBIBYTE, processes: 60 };
    stack = await aServer({ limits });
    sandbox = await Sandbox.create('base', stack.at);
  });
  afterAll(() => stack.stop());

  it('kill the process that uses too much memory', async () => {
    await expect(
      sandbox.commands.run('python3 -c "x = bytearray(400 << 20); import time; time.sleep(20)"'),
    ).rejects.toThrow(/137|killed/);
  });

  it('kill commands that breed', async () => {
    await expect(sandbox.commands.run('for i in $(seq 300); do sleep 30 & done; wait')).rejects.toThrow();

    await eventually(async () => (await sandbox.commands.run('pgrep -c sleep || true')).stdout === '0\n');
  });

  it('refuse a file that is too large, and uploads while the disk is full', async () => {
    await expect(sandbox.commands.run('head -c 60M /dev/zero > /workspace/large')).rejects.toThrow();
    await eventually(() =>
      sandbox.files.write('more', 'x').then(
        () => false,
        (error) => error.name === 'NotEnoughSpaceError',
      ),
    );

    await sandbox.files.remove('/workspace/large');

    await eventually(() =>
      sandbox.files.write('more', 'x').then(
        () => true,
        () => false,
      ),
    );
    expect((await sandbox.commands.run('echo fine')).stdout).toBe('fine\n');
  });
});
