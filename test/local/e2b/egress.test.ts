import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Sandbox } from 'e2b';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aServer, eventually, type Stack } from './sdk.ts';

const ONLY_LOOPBACK = { allowOut: ['127.0.0.1'], denyOut: ['0.0.0.0/0'] };

describe('egress of a sandbox', () => {
  let stack: Stack;
  let sandbox: Sandbox;
  let open: Server;
  let closed: Server;
  const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;
  const status = async (url: string, options = '') =>
    (await sandbox.commands.run(`curl -sS -m 5 -o /dev/null -w '%{http_code}' ${options} ${url} || true`)).stdout;

  beforeAll(async () => {
    [open, closed] = await Promise.all([echo(), echo()]);
    stack = await aServer({ loopbackTargets: () => [`127.0.0.1:${portOf(open)}`] });
    sandbox = await Sandbox.create('base', { ...stack.at, network: ONLY_LOOPBACK });
  });
  afterAll(async () => {
    await stack.stop();
    open.close();
    closed.close();
  });

  it('reaches the allowed pair on loopback and no other', async () => {
    expect(await status(`http://127.0.0.1:${portOf(open)}/a?b=c`)).toBe('200');
    expect(await status(`http://localhost:${portOf(open)}/`)).toBe('200');
    expect(await status(`http://127.0.0.1:${portOf(open)}/`, '--proxytunnel')).toBe('200');
    expect(await status(`http://127.0.0.1:${portOf(closed)}/`)).toBe('502');
    expect(await status('http://169.254.169.254/latest/meta-data')).toBe('403');
    expect(await status(`http://0.0.0.0:${portOf(closed)}/`)).toBe('403');
    expect(await status(`http://127.0.0.1:${portOf(open)}/`, "--noproxy '*'")).toBe('000');
    expect(await status('http://example.com/')).toBe('403');
  });

  it('carries bodies and headers both ways, and large ones', async () => {
    const url = `http://127.0.0.1:${portOf(open)}/echo`;

    const { stdout } = await sandbox.commands.run(`curl -sS -H 'x-asked: yes' -d 'a body' ${url}`);
    const large = await sandbox.commands.run(
      `head -c 20000000 /dev/zero > big; curl -sS -T big ${url} | wc -c; sha256sum < big; curl -sS -T big ${url}?raw | sha256sum`,
    );

    expect(JSON.parse(stdout)).toMatchObject({ method: 'POST', url: '/echo', asked: 'yes', body: 'a body' });
    const [, written, echoed] = large.stdout.split('\n');
    expect(echoed).toBe(written);
  });

  it("leaves a sandbox's own localhost to itself, although programs send it to the proxy", async () => {
    const serve = 'cd /workspace && echo own > page && python3 -m http.server 8765 --bind 127.0.0.1';
    await sandbox.commands.run(serve, { background: true, timeoutMs: 0 });

    const { stdout } = await sandbox.commands.run(
      'for i in $(seq 50); do curl -sf http://127.0.0.1:8765/page && break; sleep 0.1; done; curl -sp http://localhost:8765/page',
    );

    expect(stdout).toBe('own\nown\n');
  });

  it('follows an update at once, also on open connections', async () => {
    const url = `http://127.0.0.1:${portOf(open)}/`;
    const held = await sandbox.commands.run(`curl -sS -N -m 30 ${url}hang`, { background: true });
    await eventually(() => held.stdout === 'waiting\n');
    const ended = held.wait().then(
      () => 'ended',
      () => 'ended',
    );

    await sandbox.updateNetwork({ denyOut: ['0.0.0.0/0'] });

    expect(await ended).toBe('ended');
    expect(await status(url)).toBe('403');
    await sandbox.updateNetwork(ONLY_LOOPBACK);
    expect(await status(url)).toBe('200');
    await expect(sandbox.updateNetwork({ allowOut: ['example.com'] })).rejects.toThrow(/ALL_TRAFFIC/);
  });
});

/** Answers what it was asked, the raw body at `?raw`, and at `/hang` a first line and then nothing. */
async function echo(): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url === '/hang') {
      response.write('waiting\n');
      return;
    }
    if (request.url?.endsWith('?raw')) {
      request.pipe(response);
      return;
    }
    let body = '';
    request.on('data', (data) => {
      body = body.length > 1000 ? body : body + data;
    });
    request.on('end', () => {
      const { method, url, headers } = request;
      response.end(JSON.stringify({ method, url, asked: headers['x-asked'], body: body.slice(0, 1000) }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
