import { Sandbox } from 'e2b';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signatureOf } from '#local/e2b/signature';
import { API_KEY, aServer, eventually, type Stack } from './sdk.ts';

/** What no SDK shows: the answers themselves, as the real envd 0.6.13 and the control plane give them. */
describe('the wire', () => {
  let stack: Stack;
  let sandbox: Sandbox;
  let token: string;

  beforeAll(async () => {
    stack = await aServer({ timeScale: 20 });
    const created = await fetch(`${stack.server.url}/v2/sandboxes`, {
      method: 'POST',
      headers: { 'x-api-key': API_KEY },
      body: JSON.stringify({ templateID: 'base', timeout: 3600, mcp: {} }),
    });
    const answer = (await created.json()) as { sandboxID: string; envdAccessToken: string; domain: unknown };
    expect(created.status).toBe(201);
    expect(answer).toMatchObject({ sandboxID: /^i/, templateID: 'base', envdVersion: '0.6.13', domain: null });
    token = answer.envdAccessToken;
    sandbox = await Sandbox.connect(answer.sandboxID, { ...stack.at, timeoutMs: 1000 });
  });
  afterAll(() => stack.stop());

  const call = (path: string, init: RequestInit & { headers?: Record<string, string> } = {}) =>
    fetch(`${stack.server.url}${path}`, {
      ...init,
      headers: { 'e2b-sandbox-id': sandbox.sandboxId, 'x-access-token': token, ...init.headers },
    });
  const rpc = async (method: string, message: object, headers: Record<string, string> = {}) => {
    const type = { 'content-type': 'application/json' };
    const answer = await call(`/${method}`, {
      method: 'POST',
      body: JSON.stringify(message),
      headers: { ...type, ...headers },
    });
    return { status: answer.status, body: (await answer.json()) as unknown };
  };
  const stream = async (method: string, message: object, headers: Record<string, string> = {}) => {
    const payload = Buffer.from(JSON.stringify(message));
    const head = Buffer.alloc(5);
    head.writeUInt32BE(payload.length, 1);
    const type = { 'content-type': 'application/connect+json' };
    const body = Buffer.concat([head, payload]);
    const answer = await call(`/process.Process/${method}`, { method: 'POST', body, headers: { ...type, ...headers } });
    return { status: answer.status, frames: framesOf(Buffer.from(await answer.arrayBuffer())) };
  };
  const bash = (script: string) => ({ process: { cmd: '/bin/bash', args: ['-c', script] } });

  it('leaves zero values out of the end of a command', async () => {
    const end = async (script: string) => (await stream('Start', bash(script))).frames.at(-2);

    expect(await end('exit 0')).toEqual([0, { event: { end: { exited: true, status: 'exit status 0' } } }]);
    expect(await end('exit 4')).toEqual([
      0,
      { event: { end: { exitCode: 4, exited: true, status: 'exit status 4', error: 'exit status 4' } } },
    ]);
    expect(await end('kill -TERM $$')).toEqual([
      0,
      { event: { end: { exitCode: -1, status: 'signal: terminated', error: 'signal: terminated' } } },
    ]);
  });

  it('starts a missing program as one that exits with 127, and no program in a missing folder', async () => {
    const missing = await stream('Start', { process: { cmd: '/no/such' } });
    const nowhere = await stream('Start', { process: { cmd: 'true', cwd: '/nope' } });

    expect(missing.frames.map(([, message]) => Object.keys(message.event ?? {})[0])).toEqual([
      'start',
      'data',
      'end',
      undefined,
    ]);
    expect(missing.frames.at(-2)?.[1]).toMatchObject({ event: { end: { exitCode: 127 } } });
    expect(nowhere).toEqual({
      status: 200,
      frames: [[2, { error: { code: 'invalid_argument', message: "cwd '/nope' does not exist" } }]],
    });
  });

  it('ends the stream of a command at its time, without an end event', async () => {
    const late = await stream('Start', bash('sleep 60'), { 'connect-timeout-ms': '2000' });

    expect(late.frames.slice(1)).toEqual([
      [2, { error: { code: 'deadline_exceeded', message: 'context deadline exceeded' } }],
    ]);
  });

  it('says that a silent stream is alive', async () => {
    const { frames } = await stream('Start', bash('sleep 2'), { 'keepalive-ping-interval': '1' });

    expect(frames[1]).toEqual([0, { event: { keepalive: {} } }]);
  });

  it('finds a command by its tag, and its exit for a while after', async () => {
    await stream('Start', { ...bash('exit 5'), tag: 'tagged' });

    const kept = await stream('Connect', { process: { tag: 'tagged' } });

    expect(kept.frames.map(([flag]) => flag)).toEqual([0, 0, 2]);
    expect(kept.frames[1]?.[1]).toMatchObject({ event: { end: { exitCode: 5 } } });
    await eventually(async () => (await stream('Connect', { process: { tag: 'tagged' } })).frames[0]?.[0] === 2);
    const gone = await stream('Connect', { process: { tag: 'tagged' } });
    expect(gone.frames[0]?.[1]).toMatchObject({ error: { code: 'not_found' } });
  });

  it('answers calls with names for errors, and a bad token with a number', async () => {
    expect(await rpc('process.Process/List', {})).toEqual({ status: 200, body: {} });
    expect(await rpc('process.Process/List', {}, { 'x-access-token': 'no' })).toMatchObject({
      status: 401,
      body: { code: 401 },
    });
    const nobody = { authorization: `Basic ${btoa('nobody:')}` };
    expect(await rpc('process.Process/List', {}, nobody)).toMatchObject({
      status: 401,
      body: { code: 'unauthenticated' },
    });
    expect(await rpc('process.Process/SendSignal', { process: { pid: 99 }, signal: 'SIGNAL_SIGKILL' })).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
    expect(await rpc('filesystem.Filesystem/CreateWatcher', { path: '/' })).toMatchObject({
      status: 501,
      body: { code: 'unimplemented' },
    });
    expect((await stream('Start', { ...bash('true'), pty: { size: {} } })).frames).toMatchObject([
      [2, { error: { code: 'unimplemented' } }],
    ]);
  });

  it('takes an empty path for the home, and shows sizes as text', async () => {
    const home = await rpc('filesystem.Filesystem/Stat', { path: '' });

    expect(home.body).toMatchObject({
      entry: { path: '/home/user', type: 'FILE_TYPE_DIRECTORY', size: /^\d+$/, owner: 'user' },
    });
    expect(await rpc('filesystem.Filesystem/Remove', { path: '/workspace/none' })).toEqual({ status: 200, body: {} });
    await rpc('filesystem.Filesystem/MakeDir', { path: '/workspace/dir' });
    expect(await rpc('filesystem.Filesystem/MakeDir', { path: '/workspace/dir' })).toMatchObject({
      status: 409,
      body: { code: 'already_exists' },
    });
  });

  it('serves ranges, and no HEAD', async () => {
    await sandbox.files.write('/workspace/range', '0123456789');
    const path = '/files?path=/workspace/range';

    const part = await call(path, { headers: { range: 'bytes=2-4' } });

    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([206, 'bytes 2-4/10', '234']);
    expect((await call(path, { headers: { range: 'bytes=20-' } })).status).toBe(416);
    expect(await (await call(path, { headers: { range: 'bytes=-3' } })).text()).toBe('789');
    expect((await call(path, { method: 'HEAD' })).status).toBe(405);
    expect(await (await call('/files?path=/workspace/nothing')).json()).toMatchObject({ code: 404 });
  });

  it('refuses a path twice in an upload, after writing the first', async () => {
    const form = new FormData();
    form.append('file', new Blob(['first']), '/workspace/twice');
    form.append('file', new Blob(['second']), '/workspace/twice');

    const answer = await call('/files', { method: 'POST', body: form });

    expect(answer.status).toBe(400);
    expect(await sandbox.files.read('/workspace/twice')).toBe('first');
  });

  it('serves signed URLs, which carry no sandbox id', async () => {
    const upload = await fetch(await sandbox.uploadUrl('/workspace/signed', { useSignatureExpiration: 60 }), {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: 'signed',
    });
    const url = await sandbox.downloadUrl('/workspace/signed', { user: 'user' });
    const access = { path: '/workspace/signed', user: '', operation: 'read' as const };
    const expired = `signature=${encodeURIComponent(signatureOf(access, token, '1000'))}&signature_expiration=1000`;

    expect(upload.headers.get('content-type')).toContain('text/plain');
    expect(await upload.json()).toEqual([{ name: 'signed', path: '/workspace/signed', type: 'file' }]);
    expect(await (await fetch(url)).text()).toBe('signed');
    expect((await fetch(url.replace('signed', 'other'))).status).toBe(401);
    const late = await fetch(`${stack.server.url}/files?path=/workspace/signed&${expired}`);
    expect([late.status, await late.json()]).toEqual([401, { code: 401, message: 'signature is already expired' }]);
  });

  it('keeps metadata of files until they are overwritten', async () => {
    await sandbox.files.write('/workspace/meta', 'x', { metadata: { kind: 'plan' } });
    await sandbox.files.rename('/workspace/meta', '/workspace/moved');

    expect((await sandbox.files.getInfo('/workspace/moved')).metadata).toEqual({ kind: 'plan' });
    await sandbox.files.write('/workspace/moved', 'y');
    expect((await sandbox.files.getInfo('/workspace/moved')).metadata).toBeUndefined();
  });

  it('measures a sandbox while it lives', async () => {
    const [now] = await sandbox.getMetrics();

    expect(now).toMatchObject({ cpuCount: 2, memTotal: 4 * 1024 ** 3 });
    expect(now!.memUsed).toBeGreaterThan(5_000_000);
    expect(await sandbox.getMetrics({ start: new Date(0), end: new Date(1000) })).toEqual([]);
  });

  it('answers 502 for any path of a dead sandbox, and 404 by number for its id', async () => {
    const other = await Sandbox.create('base', stack.at);
    await other.kill();
    const headers = { 'e2b-sandbox-id': other.sandboxId };

    const answer = await call('/health', { headers });

    expect([answer.status, await answer.json()]).toEqual([
      502,
      { sandboxId: other.sandboxId, message: 'The sandbox was not found', code: 502 },
    ]);
    const gone = await fetch(`${stack.server.url}/sandboxes/${other.sandboxId}`, { headers: { 'x-api-key': API_KEY } });
    expect([gone.status, await gone.json()]).toMatchObject([404, { code: 404 }]);
  });
});

type Message = { event?: Record<string, unknown>; error?: unknown };

function framesOf(body: Buffer): Array<[number, Message]> {
  const frames: Array<[number, Message]> = [];
  for (let at = 0; at < body.length; ) {
    const end = at + 5 + body.readUInt32BE(at + 1);
    frames.push([body.readUInt8(at), JSON.parse(body.toString('utf8', at + 5, end)) as Message]);
    at = end;
  }
  return frames;
}
