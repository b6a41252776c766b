import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aServer, SDKS, type Stack } from './sdk.ts';

const REPO = '/workspace/repo';

describe.each(SDKS)('git inside a sandbox, by SDK $version', ({ sdk: { Sandbox } }) => {
  let stack: Stack;
  let sandbox: InstanceType<typeof Sandbox>;

  beforeAll(async () => {
    stack = await aServer();
    sandbox = await Sandbox.create('base', stack.at);
    await sandbox.git.configureUser('Ada', 'ada@example.com');
    await sandbox.git.init(REPO, { initialBranch: 'main' });
    await sandbox.files.write(`${REPO}/a.txt`, 'one\n');
    await sandbox.git.add(REPO);
    await sandbox.git.commit(REPO, 'first');
  });
  afterAll(() => stack.stop());

  it('keeps its settings', async () => {
    await sandbox.git.setConfig('pull.rebase', 'false');

    expect(await sandbox.git.getConfig('pull.rebase')).toBe('false');
    expect(await sandbox.git.getConfig('user.email')).toBe('ada@example.com');
    expect(await sandbox.git.getConfig('no.such')).toBeUndefined();
  });

  it('tells what changed, and takes it back', async () => {
    await sandbox.files.write(`${REPO}/a.txt`, 'two\n');
    await sandbox.files.write(`${REPO}/a new file.txt`, '');
    await sandbox.git.add(REPO, { files: ['a.txt'] });

    const status = await sandbox.git.status(REPO);
    await sandbox.git.restore(REPO, { paths: ['a.txt'], staged: true, worktree: true });
    await sandbox.files.remove(`${REPO}/a new file.txt`);

    expect(status).toMatchObject({ currentBranch: 'main', stagedCount: 1, untrackedCount: 1, isClean: false });
    expect(await sandbox.git.status(REPO)).toMatchObject({ isClean: true });
    expect(await sandbox.files.read(`${REPO}/a.txt`)).toBe('one\n');
  });

  it('makes, takes and deletes branches, and goes back', async () => {
    await sandbox.git.createBranch(REPO, 'topic');
    await sandbox.files.write(`${REPO}/topic.txt`, '');
    await sandbox.git.add(REPO, { all: true });
    await sandbox.git.commit(REPO, 'on a topic', { authorName: 'Bob', authorEmail: 'bob@example.com' });
    const both = await sandbox.git.branches(REPO);
    await sandbox.git.reset(REPO, { mode: 'hard', target: 'HEAD~1' });
    await sandbox.git.checkoutBranch(REPO, 'main');
    await sandbox.git.deleteBranch(REPO, 'topic', { force: true });

    expect(both).toEqual({ branches: expect.arrayContaining(['main', 'topic']), currentBranch: 'topic' });
    expect(await sandbox.git.branches(REPO)).toEqual({ branches: ['main'], currentBranch: 'main' });
    expect(await sandbox.files.exists(`${REPO}/topic.txt`)).toBe(false);
  });

  it('clones, pushes and pulls', async () => {
    await sandbox.git.init('/workspace/remote.git', { bare: true, initialBranch: 'main' });
    await sandbox.git.remoteAdd(REPO, 'origin', '/workspace/remote.git');
    await sandbox.git.push(REPO, { remote: 'origin', branch: 'main', setUpstream: true });
    await sandbox.git.clone('/workspace/remote.git', { path: '/workspace/copy', branch: 'main' });
    await sandbox.files.write('/workspace/copy/b.txt', 'more\n');
    await sandbox.git.add('/workspace/copy');
    await sandbox.git.commit('/workspace/copy', 'second');
    await sandbox.git.push('/workspace/copy');

    await sandbox.git.pull(REPO);

    expect(await sandbox.git.remoteGet(REPO, 'origin')).toBe('/workspace/remote.git');
    expect(await sandbox.git.remoteGet(REPO, 'none')).toBeUndefined();
    expect(await sandbox.files.read(`${REPO}/b.txt`)).toBe('more\n');
  });

  it('keeps credentials where git looks for them, and fails by its own words', async () => {
    await sandbox.git.dangerouslyAuthenticate({ username: 'ada', password: 'p ass', host: 'git.example.com' });

    expect(await sandbox.files.read('/home/user/.git-credentials')).toBe('https://ada:p%20ass@git.example.com\n');
    await expect(sandbox.git.clone('/workspace/none', { path: '/workspace/x' })).rejects.toMatchObject({
      name: 'CommandExitError',
      exitCode: 128,
      stderr: expect.stringContaining('does not exist'),
    });
  });
});
