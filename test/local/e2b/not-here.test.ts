import { Secret, Template, Volume } from 'e2b';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aServer, eventually, SDKS, type Stack } from './sdk.ts';

describe.each(SDKS)('what e2b has and this server has not, by SDK $version', ({ sdk: { Sandbox } }) => {
  let stack: Stack;
  let sandbox: InstanceType<typeof Sandbox>;

  beforeAll(async () => {
    stack = await aServer();
    sandbox = await Sandbox.create('base', stack.at);
  });
  afterAll(() => stack.stop());

  it('pauses, forks and snapshots answer 501 by name', async () => {
    const { sandboxId } = sandbox;
    const named = (what: string) => new RegExp(`501.*${what}.* is not part of this server`);

    await expect(Sandbox.pause(sandboxId, stack.at)).rejects.toThrow(named('pause'));
    await expect(sandbox.pause()).rejects.toThrow(named('pause'));
    await expect(Sandbox.betaPause(sandboxId, stack.at)).rejects.toThrow(named('pause'));
    await expect(sandbox.betaPause()).rejects.toThrow(named('pause'));
    await expect(Sandbox.fork(sandboxId, stack.at)).rejects.toThrow(named('fork'));
    await expect(sandbox.fork()).rejects.toThrow(named('fork'));
    await expect(Sandbox.createSnapshot(sandboxId, stack.at)).rejects.toThrow(named('snapshots'));
    await expect(sandbox.createSnapshot()).rejects.toThrow(named('snapshots'));
    await expect(Sandbox.listSnapshots(stack.at).nextItems()).rejects.toThrow(named('snapshots'));
    await expect(sandbox.listSnapshots().nextItems()).rejects.toThrow(named('snapshots'));
    await expect(Sandbox.deleteSnapshot('any', stack.at)).rejects.toThrow(named('templates'));
    expect(await sandbox.isRunning()).toBe(true);
  });

  it('terminals and watched folders are unimplemented by name', async () => {
    const terminal = { cols: 80, rows: 24, onData: () => undefined };

    await expect(sandbox.pty.create(terminal)).rejects.toThrow(
      /unimplemented.*pseudo terminals are not part of this server/,
    );
    await expect(sandbox.pty.resize(1, { cols: 1, rows: 1 })).rejects.toThrow(/unimplemented.*Update is not part/);
    await expect(sandbox.files.watchDir('/workspace', () => undefined)).rejects.toThrow(/unimplemented/);
  });

  it('the other calls of terminals meet commands, which are no terminals', async () => {
    const command = await sandbox.commands.run('sleep 60', { background: true });

    await expect(sandbox.pty.sendInput(command.pid, new Uint8Array([65]))).rejects.toThrow();
    const again = await sandbox.pty.connect(command.pid, { onData: () => undefined });
    expect(again.pid).toBe(command.pid);
    expect(await sandbox.pty.kill(command.pid)).toBe(true);
    await eventually(async () => !(await sandbox.pty.kill(command.pid)));
  });
});

describe('the rest of the SDK', () => {
  let stack: Stack;
  const here = /501.* is not part of this server/;

  beforeAll(async () => {
    stack = await aServer();
  });
  afterAll(() => stack.stop());

  it('volumes answer 501', async () => {
    await expect(Volume.create('v', stack.at)).rejects.toThrow(here);
    await expect(Volume.connect('v', stack.at)).rejects.toThrow(here);
    await expect(Volume.getInfo('v', stack.at)).rejects.toThrow(here);
    await expect(Volume.list(stack.at)).rejects.toThrow(here);
    await expect(Volume.destroy('v', stack.at)).rejects.toThrow(here);
  });

  it('secrets answer 501', async () => {
    await expect(Secret.create('s', 'v', stack.at)).rejects.toThrow(here);
    await expect(Secret.update('s', 'v', stack.at)).rejects.toThrow(here);
    await expect(Secret.getInfo('s', stack.at)).rejects.toThrow(here);
    await expect(Secret.exists('s', stack.at)).rejects.toThrow(here);
    await expect(Secret.list(stack.at).nextItems()).rejects.toThrow(here);
    await expect(Secret.destroy('s', stack.at)).rejects.toThrow(here);
  });

  it('building templates answers 501', async () => {
    const template = Template().fromBaseImage();

    await expect(Template.build(template, 'mine', stack.at)).rejects.toThrow(here);
    await expect(Template.buildInBackground(template, 'mine', stack.at)).rejects.toThrow(here);
    await expect(Template.getBuildStatus({ templateId: 't', buildId: 'b' }, stack.at)).rejects.toThrow(here);
    await expect(Template.exists('base', stack.at)).rejects.toThrow(here);
    await expect(Template.aliasExists('base', stack.at)).rejects.toThrow(here);
    await expect(Template.assignTags('t', 'v1', stack.at)).rejects.toThrow(here);
    await expect(Template.removeTags('t', 'v1', stack.at)).rejects.toThrow(here);
    await expect(Template.getTags('t', stack.at)).rejects.toThrow(here);
  });
});
