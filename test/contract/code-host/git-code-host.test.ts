import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gitCodeHost } from '#functions/code-host/git-code-host';
import { isPublicAddress } from '#functions/code-host/public-address';
import { type GitHost, startGitHost } from '#local/git-host/git-host';
import { aProxy, proxyCredentials } from '#test/support/a-proxy';

const run = promisify(execFile);

let folder: string;
let host: GitHost;
let url: string;
let commits: { main: string; tagged: string };
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'patchbay-git-'));
  const repository = join(folder, 'shop');
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@example.com', ...args], {
      cwd: repository,
      encoding: 'utf8',
    }).trim();
  execFileSync('git', ['init', '-q', '-b', 'main', repository]);
  git('commit', '-q', '--allow-empty', '-m', 'first');
  git('tag', '-a', 'v1', '-m', 'release');
  const tagged = git('rev-parse', 'HEAD');
  git('commit', '-q', '--allow-empty', '-m', 'second');
  git('branch', 'feature/deep');
  commits = { main: git('rev-parse', 'HEAD'), tagged };
  host = await startGitHost({ stateDir: folder });
  url = await host.importRepository('acme/shop', repository);
});
afterAll(async () => {
  await host?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const codeHost = (configured = host.url) => gitCodeHost({ url: configured });

describe('a ref', () => {
  it('of a branch, a tag, the default branch or a full id becomes a commit', async () => {
    const { main, tagged } = commits;

    expect(await codeHost().resolve({ url }, 'main')).toEqual({ sha: main, ref: 'main' });
    expect(await codeHost().resolve({ url }, 'feature/deep')).toEqual({ sha: main, ref: 'feature/deep' });
    expect(await codeHost().resolve({ url }, 'v1')).toEqual({ sha: tagged, ref: 'v1' });
    expect(await codeHost().resolve({ url }, 'refs/heads/main')).toEqual({ sha: main, ref: 'refs/heads/main' });
    expect(await codeHost().resolve({ url }, undefined)).toEqual({ sha: main, ref: 'main' });
    expect(await codeHost().resolve({ url }, tagged)).toEqual({ sha: tagged, ref: tagged });
  });

  it('that is not there is repo_unreachable, naming URL and ref', async () => {
    await expect(codeHost().resolve({ url }, 'mai')).rejects.toMatchObject({
      code: 'repo_unreachable',
      message: expect.stringMatching(/"mai" of http.*shop.*no such branch or tag/),
    });
    const absent = url.replace('shop', 'nothing');
    await expect(codeHost().resolve({ url: absent }, 'main')).rejects.toMatchObject({
      code: 'repo_unreachable',
      message: expect.stringContaining('no such repository'),
    });
  });
});

describe('a URL that somebody chose', () => {
  it('reaches no private address, however it is written, unless it is the configured host', async () => {
    const elsewhere = codeHost('https://git.example.com');
    for (const target of [
      url,
      url.replace('http:', 'https:'),
      'https://127.0.0.1:1/a.git',
      'https://localhost:1/a.git',
      'https://[::1]:1/a.git',
      'https://[::ffff:127.0.0.1]:1/a.git',
      'https://2130706433/a.git',
      'https://169.254.169.254/latest/meta-data',
    ]) {
      await expect(elsewhere.resolve({ url: target }, 'main'), target).rejects.toMatchObject({
        code: 'repo_unreachable',
        message: expect.stringMatching(/a private address|only https/),
      });
    }
    const otherPort = codeHost(host.url.replace(/\d+$/, '1'));
    await expect(otherPort.resolve({ url }, 'main')).rejects.toMatchObject({ code: 'repo_unreachable' });
  });

  it('is not followed to another one', async () => {
    const server = await listening((location) => ({ status: 302, headers: { location } }));
    const answer = codeHost(server.url).resolve({ url: `${server.url}/acme/shop.git` }, 'main');

    await expect(answer).rejects.toMatchObject({ message: expect.stringContaining('a redirect to') });

    server.close();
  });

  it('that is no git host is said to be none', async () => {
    const server = await listening(() => ({ status: 200, headers: { 'content-type': 'text/html' } }));
    const answer = codeHost(server.url).resolve({ url: `${server.url}/acme/shop.git` }, 'main');

    await expect(answer).rejects.toMatchObject({ message: expect.stringContaining('does not answer as a git host') });

    server.close();
  });
});

describe('behind a proxy', () => {
  /** Node reads its proxy once, at its start. */
  const resolveIn = async (env: Record<string, string>, target: string) => {
    const script = `import { gitCodeHost } from '#functions/code-host/git-code-host';
      await gitCodeHost({ url: 'http://127.0.0.1:1' }).resolve({ url: '${target}' }, 'main').catch(({ message }) => console.log(message));`;
    const options = { env: { PATH: process.env.PATH, NODE_USE_ENV_PROXY: '1', ...env } };
    return (await run(process.execPath, ['--input-type=module', '-e', script], options)).stdout;
  };

  it('a host is asked for through it, and no private address, which is told without its password', async () => {
    const proxy = await aProxy(() => ({}));
    const env = { HTTPS_PROXY: proxy.url, NO_PROXY: 'direct.invalid' };

    expect(await resolveIn(env, 'https://git.invalid/a.git')).toMatch(/cannot be reached: the proxy of this network/);
    expect(await resolveIn(env, 'https://localhost:1/a.git')).toContain('a private address');
    expect(await resolveIn(env, 'https://direct.invalid/a.git')).toContain('the host has no address');
    expect(proxy.passed).toEqual([`CONNECT git.invalid:443 ${proxyCredentials}`]);

    proxy.stop();
  });
});

describe('addresses', () => {
  it.each(['8.8.8.8', '140.82.121.3', '2606:50c0:8000::153'])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    ...[
      '10.1.2.3',
      '100.64.0.1',
      '127.0.0.1',
      '169.254.169.254',
      '172.31.0.1',
      '192.168.1.1',
      '0.0.0.0',
      '255.255.255.255',
    ],
    ...['::1', '::', '::ffff:10.0.0.1', '64:ff9b::a00:1', 'fd00::1', 'fe80::1', '2002:7f00:1::', 'not an address'],
  ])('%s is not', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

type Reply = { status: number; headers: Record<string, string> };

async function listening(reply: (location: string) => Reply): Promise<{ url: string; close: () => void }> {
  const server: Server = createServer((_request, response) => {
    const { status, headers } = reply('https://elsewhere.example.com/');
    response.writeHead(status, headers).end('<html>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => void server.close();
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}
