import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SandboxMetadata } from '#core/ports/sandboxes';
import { e2bSandboxes } from '#functions/e2b/e2b-sandboxes';
import { restSandboxLease } from '#functions/e2b/rest-sandbox-lease';
import { type E2bServer, startE2bServer } from '#local/e2b/server';
import { fakeClock } from '#test/support/fakes/fake-clock';

const apiKey = 'e2b_0123456789abcdef0123456789abcdef';
const egress = { allow: ['example.com'] };

let server: E2bServer;
let stateDir: string;
beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'patchbay-e2b-'));
  server = await startE2bServer({ apiKey, stateDir, maxConcurrent: 3, log: () => undefined });
});
afterAll(async () => {
  await server?.stop();
  await rm(stateDir, { recursive: true, force: true });
});

function adapter(overrides: Partial<Parameters<typeof e2bSandboxes>[0]> = {}) {
  const at = { domain: '', apiUrl: server.url, sandboxUrl: server.url };
  return e2bSandboxes({ apiKey: async () => apiKey, template: 'patchbay', ...at, ...overrides });
}

const lease = () =>
  restSandboxLease({ apiKey: async () => apiKey, domain: '', apiUrl: server.url, clock: fakeClock() });

const metadata = (nonce: string): SandboxMetadata => ({
  install_id: 'test',
  tenant: 'acme',
  job_id: 'job',
  sandbox_key: 'X#1#solve',
  dispatch: '1',
  nonce,
  session_id: 's',
  chat_id: 's',
  issue_id: 'i',
  user_id: 'ada',
});

const made: string[] = [];
async function aSandbox(nonce = `n${made.length}`): Promise<string> {
  const { sandbox_id } = await adapter().create(metadata(nonce), { seconds: 60 }, egress);
  made.push(sandbox_id);
  return sandbox_id;
}

afterEach(async () => {
  for (const id of made.splice(0)) await adapter().kill(id);
});

describe('a sandbox', () => {
  it('is found by its metadata, keys with # and all, and by no other nonce', async () => {
    const id = await aSandbox('mine');

    const found = await adapter().list({ install_id: 'test', sandbox_key: 'X#1#solve', nonce: 'mine' });

    expect(found.map(({ sandbox_id }) => sandbox_id)).toEqual([id]);
    expect(found[0]?.metadata).toEqual(metadata('mine'));
    expect(await adapter().list({ install_id: 'test', nonce: 'other' })).toEqual([]);
    expect(await adapter().list({ install_id: 'another install' })).toEqual([]);
  });

  it('lives as long as it is told, and connecting to it does not lengthen that', async () => {
    const id = await aSandbox();
    await adapter().run(id, 'true', { timeoutSeconds: 10 });

    const before = Date.parse((await adapter().info(id))?.ends_at ?? '');
    await adapter().setLife(id, 200);
    const after = Date.parse((await adapter().info(id))?.ends_at ?? '');

    expect(before - Date.now()).toBeLessThanOrEqual(60_000);
    expect(after - Date.now()).toBeGreaterThan(190_000);
  });

  it('is dead after a kill, whoever asks, and a second kill says so too', async () => {
    const id = await aSandbox();

    expect(await adapter().kill(id)).toBe(true);

    expect(await adapter().kill(id)).toBe(true);
    expect(await adapter().info(id)).toBeUndefined();
    await expect(adapter().setLife(id, 10)).rejects.toMatchObject({ name: 'SandboxLost' });
    await expect(adapter().run(id, 'true', { timeoutSeconds: 5 })).rejects.toMatchObject({ name: 'SandboxLost' });
    await expect(adapter().read(id, '/tmp/x', 10)).rejects.toMatchObject({ name: 'SandboxLost' });
  });
});

describe('commands', () => {
  it('answer with their exit code and both streams, whatever the code is', async () => {
    const id = await aSandbox();

    const outcome = await adapter().run(id, 'echo out; echo err >&2; exit 3', { timeoutSeconds: 10 });

    expect(outcome).toEqual({ exit_code: 3, stdout: 'out\n', stderr: 'err\n' });
  });

  it('that are started outlive the call', async () => {
    const id = await aSandbox();

    const pid = await adapter().start(id, 'exec sleep 30 >/dev/null 2>&1 </dev/null');

    expect((await adapter().run(id, `kill -0 ${pid}`, { timeoutSeconds: 10 })).exit_code).toBe(0);
  });

  it('are tried once more when the sandbox refuses them', async () => {
    const id = await aSandbox();
    server.faults.add({ operation: 'Start', effect: { kind: 'answer', status: 503 } });

    expect((await adapter().run(id, 'true', { timeoutSeconds: 5 })).exit_code).toBe(0);
  });

  it('do not prove a sandbox lost by failing to start', async () => {
    const id = await aSandbox();
    server.faults.add({ operation: 'Start', times: 2, effect: { kind: 'answer', status: 503 } });

    const failed = await adapter()
      .run(id, 'true', { timeoutSeconds: 5 })
      .catch((error: Error) => error.name);

    expect(failed).not.toBe('SandboxLost');
    expect((await adapter().run(id, 'true', { timeoutSeconds: 5 })).exit_code).toBe(0);
  });
});

describe('files', () => {
  it('come back as they were written, relative paths from the home', async () => {
    const id = await aSandbox();
    const body = Uint8Array.from({ length: 300_000 }, (_, k) => k % 251);

    await adapter().write(id, '.patchbay/input.bin', body);

    const home = (await adapter().run(id, 'echo $HOME', { timeoutSeconds: 10 })).stdout.trim();
    expect(await adapter().read(id, `${home}/.patchbay/input.bin`, 300_000)).toEqual(body);
  });

  it('over the cap are refused, links and folders are none, absent ones are undefined', async () => {
    const id = await aSandbox();
    await adapter().run(id, 'cd /tmp && head -c 2000 /dev/zero >big && ln -s /etc/passwd link && mkdir folder', {
      timeoutSeconds: 10,
    });

    await expect(adapter().read(id, '/tmp/big', 1_999)).rejects.toMatchObject({ code: 'payload_too_large' });
    expect((await adapter().read(id, '/tmp/big', 2_000))?.length).toBe(2_000);
    expect(await adapter().read(id, '/tmp/link', 100_000)).toBeUndefined();
    expect(await adapter().read(id, '/tmp/folder', 100_000)).toBeUndefined();
    expect(await adapter().read(id, '/tmp/none', 100_000)).toBeUndefined();
  });
});

describe('a create that fails', () => {
  it.each([
    [429, 'ProviderBusy'],
    [503, 'ProviderBusy'],
    [400, 'PatchbayError'],
    [404, 'PatchbayError'],
    [401, 'PatchbayError'],
  ])('with %i is %s: nothing was created', async (status, name) => {
    server.faults.add({ operation: 'create', effect: { kind: 'answer', status } });

    await expect(aSandbox()).rejects.toMatchObject({ name });
  });

  it('for a refused key says so where it is seen first, in the list', async () => {
    server.faults.add({ operation: 'list', effect: { kind: 'answer', status: 401 } });

    await expect(adapter().list({ install_id: 'i' })).rejects.toMatchObject({
      name: 'PatchbayError',
      message: expect.stringContaining('does not accept the API key'),
    });
  });

  it('for a full provider is ProviderBusy', async () => {
    await aSandbox();
    await aSandbox();
    await aSandbox();

    await expect(aSandbox()).rejects.toMatchObject({ name: 'ProviderBusy', full: true });
  });

  it('without an answer is none of ours, and the sandbox can be found', async () => {
    server.faults.add({ operation: 'create', effect: { kind: 'lose-answer' } });

    const error = await aSandbox('lost answer').catch((cause: Error) => cause.name);

    expect(['ProviderBusy', 'PatchbayError', 'SandboxLost']).not.toContain(error);
    const [found] = await adapter().list({ install_id: 'test', nonce: 'lost answer' });
    expect(await adapter().kill(found?.sandbox_id ?? '')).toBe(true);
  });

  it('says what to do when the key is wrong', async () => {
    const stranger = adapter({ apiKey: async () => `e2b_${'f'.repeat(32)}` });

    await expect(stranger.create(metadata('x'), { seconds: 60 }, egress)).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('Put a valid key into the secret'),
    });
  });
});

describe('the lease over REST', () => {
  it('renews and restricts, and knows a sandbox that is gone', async () => {
    const id = await aSandbox();

    await lease().renew(id, 250);
    await lease().restrict(id, { allow: ['gateway.test'] });

    expect(Date.parse((await adapter().info(id))?.ends_at ?? '') - Date.now()).toBeGreaterThan(240_000);
    await adapter().kill(id);
    await expect(lease().renew(id, 250)).rejects.toMatchObject({ name: 'SandboxLost' });
    await expect(lease().restrict(id, egress)).rejects.toMatchObject({ name: 'SandboxLost' });
  });

  it('takes a 404 without its code for a wrong address, not for a lost sandbox', async () => {
    const id = await aSandbox();
    server.faults.add({ operation: 'timeout', effect: { kind: 'answer', status: 404, body: { error: 'no route' } } });

    await expect(lease().renew(id, 250)).rejects.not.toMatchObject({ name: 'SandboxLost' });
  });
});
