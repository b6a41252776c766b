import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect, socketBeside } from '../../../bin/cli/connection.ts';
import { chooseRepository } from '../../../bin/cli/repository.ts';
import { askControl, serveControl } from '../../../bin/control-socket.ts';
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
    await expect(connect(aShell(), none)).rejects.toThrow('No stack is running here. Start one with `npm start`');
  });

  it('is to the install that is named, which wants a token', async () => {
    const api = 'https://patchbay.example.com/api';

    expect(await connect(aShell({ env: { PATCHBAY_API: api, PATCHBAY_TOKEN: 't' } }), none)).toMatchObject({
      socketUrl: 'wss://patchbay.example.com/ws',
      ask: undefined,
    });
    await expect(connect(aShell(), { ...none, api })).rejects.toThrow('--token: a deployed install wants a token.');
  });

  it('derives a socket only where it is beside the API', () => {
    expect(socketBeside('http://127.0.0.1:8080/api/')).toBe('ws://127.0.0.1:8080/ws');
    expect(socketBeside('https://abc.execute-api.us-east-1.amazonaws.com/api')).toBeUndefined();
    expect(socketBeside('https://example.com/v1')).toBeUndefined();
  });
});

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

    const { url, shown } = await chooseRepository(shell, '.', { ask });

    expect(url).toBe('http://127.0.0.1:2/shop.git');
    expect(shown).toMatch(/ at [0-9a-f]{12} \(main\)$/);
    expect(shell.stderr).toContain('WARNING: 1 uncommitted change in');
    expect(imported.at(-1)).toEqual({ name: expect.stringMatching(/^[\w.-]+-[0-9a-f]{8}$/), path: repository });
    rmSync(repository, { recursive: true });
  });

  it('of this machine is out of reach for a deployed install', async () => {
    const repository = aRepository();

    await expect(chooseRepository(aShell(), repository, { ask: undefined })).rejects.toThrow(
      'Push the commit to a host that the install reaches',
    );
    rmSync(repository, { recursive: true });
  });

  it('has to be one, with a commit', async () => {
    await expect(chooseRepository(aShell(), folder, { ask })).rejects.toThrow('is no git repository');
  });
});
