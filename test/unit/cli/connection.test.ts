import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askLaptop, connect, socketBeside } from '../../../bin/cli/connection.ts';
import { chooseRepository, repositoryAt } from '../../../bin/cli/repository.ts';
import { askControl, serveControl, stackFolder } from '../../../bin/control-socket.ts';
import { aRepository } from '../../support/a-repository.ts';
import { aShell } from '../../support/a-shell.ts';

const none = { api: undefined, token: undefined };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'patchbay-control-'));
  process.env.PATCHBAY_STACK = folder;
});
afterEach(() => {
  delete process.env.PATCHBAY_STACK;
  rmSync(folder, { recursive: true, force: true });
});

const where = { apiUrl: 'http://127.0.0.1:1/api', socketUrl: 'ws://127.0.0.1:1/ws', jailed: true, pid: 1 };
const stack = {
  async ask(method: string, params: unknown) {
    if (method === 'bill') throw new Error('Error: no bill\n    at trace');
    return { method, params };
  },
};

describe('the control socket', () => {
  it('answers for the stack, to this user alone, and is gone afterwards', async () => {
    const control = await serveControl(stack, Promise.resolve(where));

    expect(await askControl('where')).toEqual(where);
    expect(await askControl('token', { sub: 'you' })).toEqual({ method: 'token', params: { sub: 'you' } });
    await expect(askControl('bill')).rejects.toThrow(/^no bill$/);
    expect(statSync(join(folder, 'control.sock')).mode & 0o777).toBe(0o600);

    control.stop();
    expect(existsSync(join(folder, 'control.sock'))).toBe(false);
    expect(await askControl('where')).toBeUndefined();
  });

  it('lets those who ask early wait until the stack is up, and says why it did not come up', async () => {
    const starting = Promise.withResolvers<typeof where>();
    const control = await serveControl(stack, starting.promise);
    const asked = askControl('where');
    starting.resolve(where);
    expect(await asked).toEqual(where);
    control.stop();

    const failed = await serveControl(stack, Promise.reject(new Error('the port is taken')));
    await expect(askControl('where')).rejects.toThrow('the port is taken');
    failed.stop();
  });

  it('takes over from a stack that was killed, not from one that runs', async () => {
    writeFileSync(join(folder, 'control.sock'), '');
    const control = await serveControl(stack, Promise.resolve(where));

    await expect(serveControl(stack, Promise.resolve(where))).rejects.toThrow('EADDRINUSE');
    expect(await askControl('where')).toEqual(where);
    control.stop();
  });
});

describe('a connection', () => {
  it('is to the stack of this machine, with a token of its own', async () => {
    const control = await serveControl({ ask: async () => 'a-token' }, Promise.resolve(where));

    const { socketUrl, ask } = await connect(aShell(), none);

    expect(socketUrl).toBe(where.socketUrl);
    expect(await ask?.('token', { sub: 'you' })).toBe('a-token');
    control.stop();
  });

  it('says how to start a stack where there is none', async () => {
    const start = 'No stack is running here. Start one with `npm start` in another terminal';
    await expect(connect(aShell(), none)).rejects.toThrow(
      `${start}, or name a deployed install with --api and --token.`,
    );
    // Tokens of an install do not come from here.
    await expect(askLaptop('token')).rejects.toThrow(new RegExp(`${start}\\.$`));
  });

  it('is to the install that is named, which wants a token', async () => {
    const api = 'https://patchbay.example.com/api';

    expect(await connect(aShell({ env: { PATCHBAY_API: api, PATCHBAY_TOKEN: 't' } }), none)).toMatchObject({
      socketUrl: 'wss://patchbay.example.com/ws',
      ask: undefined,
    });
    await expect(connect(aShell(), { ...none, api })).rejects.toThrow('--token: a deployed install wants a token.');
  });

  it('takes a variable that is set to nothing for one that is not set', async () => {
    const env = { PATCHBAY_API: '', PATCHBAY_TOKEN: '', PATCHBAY_SOCKET: '' };
    await expect(connect(aShell({ env }), none)).rejects.toThrow('No stack is running here.');

    process.env.PATCHBAY_STACK = '';
    expect(stackFolder()).toMatch(/stacks\/main$/);
  });

  it('derives a socket only where it is beside the API', () => {
    expect(socketBeside('http://127.0.0.1:8080/api/')).toBe('ws://127.0.0.1:8080/ws');
    expect(socketBeside('https://abc.execute-api.us-east-1.amazonaws.com/api')).toBeUndefined();
    expect(socketBeside('https://example.com/v1')).toBeUndefined();
  });
});

const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.invalid'];

describe('a repository', () => {
  const imported: unknown[] = [];
  const ask = async <T>(_: string, params: unknown) => {
    imported.push(params);
    return 'http://127.0.0.1:2/shop.git' as T;
  };

  it('of this machine goes onto the git host; what is not committed is warned about', async () => {
    const repository = aRepository();
    writeFileSync(join(repository, 'greet.py'), 'changed');
    const shell = aShell({ cwd: repository });

    const { url, shown } = await chooseRepository(shell, { repo: '.', ref: undefined }, { ask });

    expect(url).toBe('http://127.0.0.1:2/shop.git');
    expect(shown).toMatch(/ at [0-9a-f]{12} \(main\)$/);
    expect(shell.stderr).toContain('WARNING: 1 uncommitted change in');
    expect(imported.at(-1)).toEqual({ name: expect.stringMatching(/^[\w.-]+-[0-9a-f]{8}$/), path: repository });
    rmSync(repository, { recursive: true });
  });

  it('of this machine is out of reach for a deployed install', async () => {
    const repository = aRepository();

    await expect(chooseRepository(aShell(), { repo: repository, ref: undefined }, { ask: undefined })).rejects.toThrow(
      'Push the commit to a host that the install reaches',
    );
    rmSync(repository, { recursive: true });
  });

  it('has to be one, with a commit', async () => {
    await expect(chooseRepository(aShell(), { repo: folder, ref: undefined }, { ask })).rejects.toThrow(
      'is no git repository',
    );
  });

  it('may be bare to be solved, and is a working tree to be changed', async () => {
    const repository = aRepository();
    const bare = join(repository, 'bare.git');
    execFileSync('git', ['clone', '--quiet', '--bare', repository, bare]);

    const { shown } = await chooseRepository(aShell(), { repo: bare, ref: undefined }, { ask });

    expect(shown).toMatch(/bare\.git at [0-9a-f]{12} \(main\)$/);
    expect(imported.at(-1)).toMatchObject({ path: bare });
    expect(() => repositoryAt(aShell(), bare)).toThrow('bare.git is a bare repository, without files.');
    rmSync(repository, { recursive: true });
  });

  it('starts where --ref says, which is shown, and refused before a job is made of it', async () => {
    const repository = aRepository();
    const git = (...args: string[]) =>
      execFileSync('git', [...identity, ...args], { cwd: repository, encoding: 'utf8' }).trim();
    const first = git('rev-parse', 'HEAD');
    git('branch', 'old');
    git('commit', '--quiet', '--allow-empty', '--message', 'Second');
    const second = git('rev-parse', 'HEAD');
    const lost = git('commit-tree', '-m', 'Lost', `${second}^{tree}`);
    const chosen = (ref: string) => chooseRepository(aShell(), { repo: repository, ref }, { ask });
    const at = (sha: string) => `${repository} at ${sha.slice(0, 12)}`;

    expect(await chosen('old')).toMatchObject({ ref: 'old', shown: `${at(first)} (old)` });
    expect(await chosen(first.slice(0, 8))).toMatchObject({ ref: first, shown: `${at(first)} (${first.slice(0, 8)})` });
    expect(await chosen('HEAD~1')).toMatchObject({ ref: first, shown: `${at(first)} (HEAD~1)` });
    expect(await chosen('HEAD')).toMatchObject({ ref: undefined, shown: `${at(second)} (main)` });
    await expect(chosen('nope')).rejects.toThrow(`--ref: "nope" is no branch, tag or commit of ${repository}.`);
    await expect(chosen(lost)).rejects.toThrow(`commit ${lost.slice(0, 12)} is on no branch and no tag of`);
    rmSync(repository, { recursive: true });
  });
});
