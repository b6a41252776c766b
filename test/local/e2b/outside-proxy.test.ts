import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Sandbox } from 'e2b';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { judgeEgress } from '#local/e2b/egress-policy';
import { outsideProxy } from '#local/e2b/outside-proxy';
import { aProxy, proxyCredentials, type RecordingProxy } from '#test/support/a-proxy';
import { aServer, type Stack } from './sdk.ts';

describe('sandboxes behind a company’s proxy', () => {
  let stack: Stack;
  let sandbox: Sandbox;
  let proxy: RecordingProxy;
  const web = createServer((request, response) => response.end(`${request.method} ${request.url}`));
  const portOf = () => (web.address() as AddressInfo).port;
  const curl = async (url: string, options = '') =>
    (await sandbox.commands.run(`curl -sS -m 5 -w ' %{http_code} %{http_connect}' ${options} ${url} 2>&1 || true`))
      .stdout;

  beforeAll(async () => {
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    proxy = await aProxy(() => ({ 'registry.invalid:80': portOf() }));
    stack = await aServer({
      loopbackTargets: () => [`127.0.0.1:${portOf()}`],
      proxyVariables: { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, NO_PROXY: 'inside.invalid' },
    });
    const allowOut = ['registry.invalid', 'unknown.invalid', 'inside.invalid', 'localhost', '127.0.0.1'];
    sandbox = await Sandbox.create('base', { ...stack.at, network: { allowOut, denyOut: ['0.0.0.0/0'] } });
  });
  afterAll(async () => {
    await stack?.stop();
    proxy?.stop();
    web.close();
  });
  beforeEach(() => void proxy.passed.splice(0));

  it('reach an allowed host through it, tunnelled and not, with its credentials', async () => {
    expect(await curl('http://registry.invalid/a', '--proxytunnel')).toContain('GET /a 200 200');
    expect(await curl('http://registry.invalid/b')).toContain('GET /b 200 000');
    expect(proxy.passed).toEqual([
      `CONNECT registry.invalid:80 ${proxyCredentials}`,
      `GET http://registry.invalid/b ${proxyCredentials}`,
    ]);
  });

  it('ask it for nothing that their own rules refuse', async () => {
    expect(await curl('http://elsewhere.invalid/')).toContain('not reachable from this sandbox');
    expect(await curl('http://elsewhere.invalid/', '--proxytunnel')).toContain(' 000 403');
    expect(await curl('https://registry.invalid:8443/')).toContain(' 000 403');
    expect(await curl('http://10.0.0.1/')).toContain('a private address');
    expect(proxy.passed).toEqual([]);
  });

  it('go past it to loopback, and to what NO_PROXY names', async () => {
    expect(await curl(`http://127.0.0.1:${portOf()}/own`)).toContain('GET /own 200');
    expect(await curl(`http://localhost:${portOf()}/own`, '--proxytunnel')).toContain('GET /own 200 200');
    expect(await curl('http://inside.invalid/')).toContain('the name has no address');
    expect(proxy.passed).toEqual([]);
  });

  it('are told what it refuses', async () => {
    expect(await curl('https://unknown.invalid/')).toContain(' 000 502');
    expect(proxy.passed).toEqual([`CONNECT unknown.invalid:443 ${proxyCredentials}`]);
  });
});

describe('a name that only the proxy can resolve', () => {
  const allows = (rules: { allowOut?: string[]; denyOut?: string[] }, port = 443) =>
    judgeEgress(
      { allowOut: [], denyOut: [], allowInternetAccess: true, ...rules },
      { host: 'a.example', port, addresses: [], proxy: new URL('http://proxy') },
      [],
    ).allowed;

  it('is allowed by its name, or where no rule is about addresses', () => {
    expect(allows({})).toBe(true);
    expect(allows({ denyOut: ['0.0.0.0/0'], allowOut: ['*.example'] })).toBe(true);
    expect(allows({ denyOut: ['0.0.0.0/0'], allowOut: ['*.example'] }, 22)).toBe(false);
    expect(allows({ denyOut: ['0.0.0.0/0'], allowOut: ['93.184.216.34'] })).toBe(false);
    expect(allows({ denyOut: ['93.184.216.0/24'] })).toBe(false);
  });
});

describe('the way out', () => {
  const ways = outsideProxy({
    http_proxy: 'http://lower:1',
    HTTP_PROXY: 'http://upper:1',
    HTTPS_PROXY: 'http://secure:2',
    no_proxy: 'corp.example, .dots.example *.stars.example with.port:8443 192.0.2.7',
  });

  it.each([
    ['http', 'example.com', 80, 'lower:1'],
    ['https', 'example.com', 443, 'secure:2'],
    ['https', 'corp.example', 443, undefined],
    ['https', 'git.CORP.example', 443, undefined],
    ['https', 'notcorp.example', 443, 'secure:2'],
    ['https', 'a.dots.example', 443, undefined],
    ['https', 'a.stars.example', 443, undefined],
    ['https', 'with.port', 8443, undefined],
    ['https', 'with.port', 443, 'secure:2'],
    ['https', '192.0.2.7', 443, undefined],
    ['https', 'localhost', 443, undefined],
    ['https', '127.0.0.2', 443, undefined],
    ['https', '::1', 443, undefined],
  ] as const)('of %s to %s:%s is %s', (scheme, host, port, proxy) => {
    expect(ways(scheme, host, port)?.host).toBe(proxy);
  });

  it('is direct where all is excepted, and for a proxy that is none of HTTP', () => {
    expect(outsideProxy({ HTTPS_PROXY: 'http://p:1', NO_PROXY: '*' })('https', 'a.example', 443)).toBeUndefined();
    expect(outsideProxy({ HTTPS_PROXY: 'socks5://p:1' })('https', 'a.example', 443)).toBeUndefined();
    expect(outsideProxy({})('https', 'a.example', 443)).toBeUndefined();
  });
});
