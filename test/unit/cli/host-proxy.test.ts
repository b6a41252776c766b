import { describe, expect, it } from 'vitest';
// @ts-expect-error plain JavaScript: it runs before any package is there
import { proxyEnvironment } from '../../../bin/host-proxy.mjs';

describe('the proxy of this machine', () => {
  it('is none where none is set, or none that speaks HTTP', () => {
    expect(proxyEnvironment({ NO_PROXY: 'a' })).toEqual({});
    expect(proxyEnvironment({ HTTPS_PROXY: 'socks5://p:1', http_proxy: 'http://[bad' })).toEqual({});
  });

  it('is told to Node and to programs of either spelling, and never for loopback', () => {
    const NO_PROXY = 'corp.example,*.svc,localhost,127.0.0.1,::1';
    const url = 'http://proxy.example:8080/';

    expect(proxyEnvironment({ HTTPS_PROXY: 'proxy.example:8080', NO_PROXY: 'corp.example *.svc' })).toEqual({
      HTTPS_PROXY: url,
      https_proxy: url,
      NO_PROXY,
      no_proxy: NO_PROXY,
      NODE_USE_ENV_PROXY: '1',
    });
  });

  it('is the lower-case one of two, as curl has it, with its credentials', () => {
    const env = { HTTP_PROXY: 'http://upper:1', http_proxy: 'http://you:p%40@lower:1' };

    expect(proxyEnvironment(env)).toMatchObject({
      HTTP_PROXY: 'http://you:p%40@lower:1/',
      http_proxy: 'http://you:p%40@lower:1/',
    });
  });
});
