import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Sandbox } from 'e2b';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aServer, eventually, type Stack } from './sdk.ts';

describe('a host without bubblewrap', () => {
  let stack: Stack;
  const target = createServer((_request, response) => response.end('reached'));

  beforeAll(async () => {
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
    const port = (target.address() as AddressInfo).port;
    stack = await aServer({ bubblewrap: '/bin/false', loopbackTargets: () => [`127.0.0.1:${port}`] });
  });
  afterAll(async () => {
    await stack.stop();
    target.close();
  });

  it('warns loudly, and says so', () => {
    expect(stack.server.jailed).toBe(false);
    expect(stack.log.join('\n')).toContain('NOT isolated');
  });

  it('runs commands as plain processes, with the workspace under their home and nothing of the environment', async () => {
    const sandbox = await Sandbox.create('base', stack.at);

    const { stdout } = await sandbox.commands.run('echo $HOME; echo $PATCHBAY_WORKSPACE_ROOT; env');
    const [home, workspace] = stdout.split('\n');
    await sandbox.files.write(`${workspace}/file`, 'text');

    expect(home?.startsWith(stack.stateDir)).toBe(true);
    expect(workspace).toBe(`${home}/workspace`);
    expect((await sandbox.commands.run('cat workspace/file')).stdout).toBe('text');
    expect(stdout).not.toContain('VITEST');
    await sandbox.kill();
  });

  it('lets out what the rules allow, by the proxy', async () => {
    const sandbox = await Sandbox.create('base', {
      ...stack.at,
      network: { allowOut: ['127.0.0.1'], denyOut: ['0.0.0.0/0'] },
    });
    const { port } = target.address() as AddressInfo;

    expect((await sandbox.commands.run(`curl -sS http://127.0.0.1:${port}/`)).stdout).toBe('reached');
    expect((await sandbox.commands.run('curl -sS http://10.0.0.1/')).stdout).toContain('not reachable');
    await sandbox.kill();
  });

  it('ends every process with the sandbox, detached ones too', async () => {
    const sandbox = await Sandbox.create('base', stack.at);
    await sandbox.commands.run('for i in 1 2; do setsid -f sleep 65432.5 >/dev/null 2>&1 </dev/null; done');
    const left = () =>
      readdirSync('/proc').filter((name) => /^\d+$/.test(name) && commandLine(name).includes('65432.5'));
    await eventually(() => left().length === 2);

    await sandbox.kill();

    await eventually(() => left().length === 0);
    expect(left()).toEqual([]);
  });
});

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
