import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aServer, eventually, SDKS, type Stack } from './sdk.ts';

describe.each(SDKS)('commands, by SDK $version', ({ sdk: { Sandbox } }) => {
  let stack: Stack;
  let sandbox: InstanceType<typeof Sandbox>;

  beforeAll(async () => {
    stack = await aServer({ timeScale: 4 });
    sandbox = await Sandbox.create('base', {
      ...stack.at,
      timeoutMs: 600_000,
      envs: { FROM: 'sandbox', BOTH: 'sandbox' },
    });
  });
  afterAll(() => stack.stop());

  it('answer both streams and the exit', async () => {
    const result = await sandbox.commands.run('echo out; echo err >&2');

    expect(result).toMatchObject({ exitCode: 0, stdout: 'out\n', stderr: 'err\n' });
    await expect(sandbox.commands.run('echo partial; exit 3')).rejects.toMatchObject({
      name: 'CommandExitError',
      exitCode: 3,
      stdout: 'partial\n',
      error: 'exit status 3',
    });
    await expect(sandbox.commands.run('kill -9 $$')).rejects.toMatchObject({ exitCode: -1, error: 'signal: killed' });
    await expect(sandbox.commands.run('no-such-program')).rejects.toMatchObject({ exitCode: 127 });
  });

  it('run as a login shell of the user, in the home, with their variables', async () => {
    const { stdout } = await sandbox.commands.run(
      'whoami; id -u; pwd; echo $HOME $FROM $BOTH $CALL; shopt login_shell',
      {
        envs: { CALL: 'call', BOTH: 'call' },
      },
    );

    expect(stdout.split('\n')).toEqual([
      'user',
      '1000',
      '/home/user',
      '/home/user sandbox call call',
      expect.stringMatching(/login_shell\s+on/),
      '',
    ]);
    expect((await sandbox.commands.run('pwd', { cwd: '/workspace' })).stdout).toBe('/workspace\n');
    await expect(sandbox.commands.run('pwd', { cwd: '/nope' })).rejects.toMatchObject({
      name: 'InvalidArgumentError',
      message: /cwd '\/nope' does not exist/,
    });
    expect((await sandbox.commands.run('true', { user: 'root' })).exitCode).toBe(0);
    await expect(sandbox.commands.run('true', { user: 'nobody' })).rejects.toMatchObject({
      name: 'AuthenticationError',
    });
  });

  it('see none of the host: neither its environment nor its files', async () => {
    const canary = `canary-${Math.random()}`;
    process.env.E2B_TEST_CANARY = canary;
    const other = await Sandbox.create('base', stack.at);
    const { stdout } = await other.commands.run(
      'env; cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr "\\0" "\\n"; ls -A /root /home ~ /workspace /tmp 2>&1; true',
    );

    expect(stdout).not.toContain(canary);
    expect(stdout).not.toContain('E2B_TEST_CANARY');
    expect(stdout).not.toMatch(/\.(ssh|aws|gitconfig|npmrc|bash_history|netrc)/);
    expect(stdout).not.toContain('--ro-bind');
    await other.kill();
    const writes = '/x /usr/x /etc/x /dev/x /run/x /proc/sys/kernel/core_pattern';
    const tried = await sandbox.commands.run(`for f in ${writes}; do echo x > $f && echo "wrote $f"; done; true`);
    expect(tried.stdout).toBe('');
    expect((await sandbox.commands.run('ip -o addr | grep -v " lo " || true')).stdout).toBe('');
  });

  it('keep the first process out of reach', async () => {
    const { stdout } = await sandbox.commands.run(
      'kill -9 1; kill 1; pkill -9 python3; cat /proc/1/mem 2>&1 | head -c 99',
    );

    expect(stdout).toContain('Permission denied');
    expect((await sandbox.commands.run('echo alive')).stdout).toBe('alive\n');
  });

  it('are killed on the server when their time is over, but not their children', async () => {
    const slow = sandbox.commands.run('sleep 33 & echo $!; sleep 44', { timeoutMs: 1_200 });

    await expect(slow).rejects.toMatchObject({ name: 'TimeoutError', message: /deadline_exceeded/ });

    await eventually(async () => !(await sandbox.commands.run('pgrep -f "sleep 4[4]" || true')).stdout.trim());
    expect((await sandbox.commands.run('pgrep -f "sleep 3[3]"')).stdout).toMatch(/\d/);
  });

  it('live on in the background, are listed, taken up again and killed', async () => {
    const handle = await sandbox.commands.run('echo first; read line; echo "got $line"; sleep 500', {
      background: true,
      stdin: true,
      timeoutMs: 0,
      envs: { SHOWN: 'yes' },
    });
    await eventually(() => handle.stdout === 'first\n');
    await handle.disconnect();
    const listed = (await sandbox.commands.list()).find(({ pid }) => pid === handle.pid);
    const heard: string[] = [];
    const again = await sandbox.commands.connect(handle.pid, { onStdout: (text) => void heard.push(text) });

    await sandbox.commands.sendStdin(handle.pid, 'words\n');
    await eventually(() => heard.length > 0);

    expect(listed).toMatchObject({ cmd: '/bin/bash', args: ['-l', '-c', expect.anything()], envs: { SHOWN: 'yes' } });
    expect(heard).toEqual(['got words\n']);
    expect(await sandbox.commands.kill(handle.pid)).toBe(true);
    await expect(again.wait()).rejects.toMatchObject({ exitCode: -1 });
    expect(await sandbox.commands.kill(handle.pid)).toBe(false);
    const late = await sandbox.commands.connect(handle.pid);
    await expect(late.wait()).rejects.toMatchObject({ exitCode: -1, error: 'signal: killed' });
  });

  it('get input only where asked for, and its end', async () => {
    const reader = await sandbox.commands.run('cat; echo done', { background: true, stdin: true });
    const deaf = await sandbox.commands.run('sleep 60', { background: true });

    await sandbox.commands.sendStdin(reader.pid, 'a');
    await sandbox.commands.closeStdin(reader.pid);

    expect((await reader.wait()).stdout).toBe('adone\n');
    await expect(sandbox.commands.sendStdin(deaf.pid, 'a')).rejects.toThrow(/stdin not enabled or closed/);
    await deaf.kill();
  });

  it('end only when everybody has closed their output, and lose no byte', async () => {
    const started = Date.now();

    const held = await sandbox.commands.run('sleep 0.5 & echo now');
    const detached = await sandbox.commands.run('setsid sleep 50 >/dev/null 2>&1 </dev/null & echo now');
    const large = await sandbox.commands.run("head -c 3000000 /dev/zero | tr '\\0' x");

    expect([held.stdout, detached.stdout]).toEqual(['now\n', 'now\n']);
    expect(Date.now() - started).toBeGreaterThan(490);
    expect(large.stdout).toHaveLength(3_000_000);
  });

  it('are cut when their sandbox is killed', async () => {
    const other = await Sandbox.create('base', stack.at);
    const running = other.commands.run('sleep 100', { timeoutMs: 0 });
    const failure = expect(running).rejects.toMatchObject({
      name: 'TimeoutError',
      message: /killed or reached its end/,
    });
    await eventually(async () => (await other.commands.list()).length > 0);

    await other.kill();

    await failure;
  });
});
