import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import isomorphicGit from 'isomorphic-git';
import http from 'isomorphic-git/http/node';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { type GitHost, startGitHost } from '#local/git-host/git-host';
import { temporaryFolder } from '#test/local/template/synth';

const folder = temporaryFolder();
const source = join(folder.path, 'source');
const git = async (cwd: string, ...args: string[]) => {
  const identity = ['-c', 'user.name=t', '-c', 'user.email=t@example.com', '-c', 'commit.gpgsign=false'];
  const { stdout } = await promisify(execFile)('git', [...identity, ...args], { cwd });
  return stdout.trim();
};
let host: GitHost;

beforeAll(async () => {
  host = await startGitHost({ stateDir: join(folder.path, 'state') });
  mkdirSync(source);
  await git(source, 'init', '--quiet', '--initial-branch=trunk');
  writeFileSync(join(source, 'a.txt'), 'one\n'.repeat(50_000));
  await git(source, 'add', '.');
  await git(source, 'commit', '--quiet', '-m', 'one');
});

afterAll(async () => {
  await host?.stop();
  folder[Symbol.dispose]();
});

it('serves an imported repository, its checked-out branch first', async () => {
  const url = await host.importRepository('demo/shop', source);
  const clone = join(folder.path, 'clone');

  await git(folder.path, 'clone', '--quiet', '--depth', '1', url, clone);

  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}\/demo\/shop\.git$/);
  expect(await git(clone, 'rev-parse', '--abbrev-ref', 'HEAD')).toBe('trunk');
  expect(readFileSync(join(clone, 'a.txt'))).toEqual(readFileSync(join(source, 'a.txt')));
});

it('takes a shallow clone, and a branch that a tag has the name of', async () => {
  const shallow = join(folder.path, 'shallow');
  writeFileSync(join(source, 'b.txt'), 'two\n');
  await git(source, 'add', '.');
  await git(source, 'commit', '--quiet', '-m', 'two');
  await git(folder.path, 'clone', '--quiet', '--depth', '1', `file://${source}`, shallow);
  await git(shallow, 'tag', 'trunk');

  const url = await host.importRepository('shallow', shallow);

  const head = await git(source, 'rev-parse', 'HEAD');
  expect(await git(source, 'ls-remote', '--symref', url, 'HEAD')).toBe(`ref: refs/heads/trunk\tHEAD\n${head}\tHEAD`);
  await git(folder.path, 'clone', '--quiet', '--depth', '1', url, join(folder.path, 'of-shallow'));
});

it('is read by those who know the address alone: that of one repository tells nothing of another', async () => {
  const own = await host.importRepository('mine', source);
  const other = await host.importRepository('theirs', source);

  expect(await git(source, 'ls-remote', own, 'HEAD')).not.toBe('');
  for (const guess of [own.replace('mine', 'theirs'), `${host.url}/theirs.git`, `${host.url}/x/theirs.git`])
    await expect(git(source, 'ls-remote', guess)).rejects.toThrow(/not found/);
  expect(await host.createRepository('theirs')).toBe(other);
});

it('gives out one commit, also when no branch leads to it any more', async () => {
  const pinned = await git(source, 'rev-parse', 'HEAD');
  const url = await host.importRepository('pinned', source);
  await git(source, 'commit', '--quiet', '--amend', '-m', 'other');
  await host.importRepository('pinned', source);
  const fetched = join(folder.path, 'fetched');
  mkdirSync(fetched);
  await git(fetched, 'init', '--quiet');

  await git(fetched, 'fetch', '--quiet', '--depth', '1', url, pinned);

  expect(await git(fetched, 'rev-parse', 'FETCH_HEAD')).toBe(pinned);
});

it('answers isomorphic-git, by which references become commits', async () => {
  const url = await host.importRepository('listed', source);

  const refs = await isomorphicGit.listServerRefs({ http, url, prefix: 'refs/heads/' });

  expect(refs).toEqual([{ ref: 'refs/heads/trunk', oid: await git(source, 'rev-parse', 'HEAD') }]);
});

it('takes a push with the token only', async () => {
  const url = await host.createRepository('pushed');
  const withToken = url.replace('http://', `http://x:${host.pushToken}@`);

  await expect(
    git(source, 'push', '--quiet', url.replace('http://', 'http://x:wrong@'), 'HEAD:main'),
  ).rejects.toThrow();
  await git(source, 'push', '--quiet', withToken, 'HEAD:refs/heads/main');

  expect(await git(source, 'ls-remote', url, 'refs/heads/main')).toContain(await git(source, 'rev-parse', 'HEAD'));
});

it('keeps the branches that were pushed to it when the source is imported again', async () => {
  const url = await host.importRepository('kept', source);
  await git(
    source,
    'push',
    '--quiet',
    url.replace('http://', `http://x:${host.pushToken}@`),
    'HEAD:refs/heads/patchbay/1',
  );

  await host.importRepository('kept', source);

  expect(await git(source, 'ls-remote', '--heads', url)).toContain('refs/heads/patchbay/1');
});

it('follows a branch that was renamed into a folder of its name', async () => {
  const url = await host.importRepository('renamed', source);
  await git(source, 'branch', 'fix');
  await host.importRepository('renamed', source);
  await git(source, 'branch', '-m', 'fix', 'fix/typo');

  await host.importRepository('renamed', source);

  expect(await git(source, 'ls-remote', '--heads', url)).toMatch(/refs\/heads\/fix\/typo\n.*refs\/heads\/trunk$/);
  await git(source, 'branch', '-D', 'fix/typo');
});

it('says what git complained about, not how it was called', async () => {
  await expect(host.importRepository('nothing', join(folder.path, 'nowhere'))).rejects.toThrow(
    /^git: fatal: cannot change to '.*nowhere': No such file or directory$/,
  );
});

it('knows no other repository, and no path outside its folder', async () => {
  for (const path of ['/nobody.git', '/../state.git', '/%2e%2e/x.git', '/a/b/c.git']) {
    expect((await fetch(`${host.url}${path}/info/refs?service=git-upload-pack`)).status).toBe(404);
  }
  await expect(host.createRepository('../outside')).rejects.toThrow('no repository name');
});

it('keeps its repositories and its token for the next start', async () => {
  const url = await host.importRepository('demo/again', source);
  const before = host.pushToken;
  await host.stop();

  host = await startGitHost({ stateDir: join(folder.path, 'state'), port: Number(new URL(url).port) });

  expect(host.pushToken).toBe(before);
  expect(statSync(join(folder.path, 'state/git-push-token')).mode & 0o777).toBe(0o600);
  expect(await git(source, 'ls-remote', url)).toContain('refs/heads/trunk');
});
