import { createHash } from 'node:crypto';

import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { type Issuer, startIssuer } from '#local/identity/issuer';
import { temporaryFolder } from '#test/local/template/synth';

const folder = temporaryFolder();
const verifier = 'a-verifier-that-is-long-enough-for-the-standard';
const redirect_uri = 'http://127.0.0.1:3000/after-login';
let issuer: Issuer;

beforeAll(async () => {
  const users = [
    { sub: 'ada', email: 'ada@example.com', tenant: 'acme' },
    { sub: 'eve', email: '<eve>@example.com', tenant: 'else"where' },
  ];
  issuer = await startIssuer({ stateDir: folder.path, users, audience: 'patchbay' });
});

afterAll(async () => {
  await issuer?.stop();
  folder[Symbol.dispose]();
});

const request = (more: Record<string, string> = {}) => {
  const parameters = new URLSearchParams({
    response_type: 'code',
    client_id: 'patchbay',
    redirect_uri,
    state: 'st&te',
    nonce: 'once',
    scope: 'openid solve',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...more,
  });
  return fetch(`${issuer.issuer}/authorize?${parameters}`, { redirect: 'manual' });
};

const codeOf = async () => new URL((await request({ sub: 'ada' })).headers.get('location')!).searchParams.get('code')!;

const exchange = async (form: Record<string, string>) => {
  const all = {
    grant_type: 'authorization_code',
    client_id: 'patchbay',
    redirect_uri,
    code_verifier: verifier,
    ...form,
  };
  const response = await fetch(`${issuer.issuer}/token`, { method: 'POST', body: new URLSearchParams(all) });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
};

it('lists its users on a page that no other page can frame', async () => {
  const response = await request();
  const page = await response.text();

  expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  expect(page).toContain('ada@example.com');
  expect(page).toContain('&lt;eve&gt;@example.com<small>else&quot;where</small>');
});

it('logs a chosen user in: a code, then tokens for it', async () => {
  const chosen = await request({ sub: 'ada' });
  const target = new URL(chosen.headers.get('location')!);
  const { status, body } = await exchange({ code: target.searchParams.get('code')! });

  expect([target.origin + target.pathname, target.searchParams.get('state')]).toEqual([redirect_uri, 'st&te']);
  expect(status).toBe(200);
  expect(decodeJwt(body.access_token!)).toMatchObject({
    sub: 'ada',
    tenant: 'acme',
    aud: 'patchbay',
    scope: 'openid solve',
  });
  expect(decodeJwt(body.id_token!)).toMatchObject({ sub: 'ada', aud: 'patchbay', nonce: 'once' });
});

it('takes a code once', async () => {
  const code = await codeOf();
  await exchange({ code });

  expect(await exchange({ code })).toEqual({ status: 400, body: { error: 'invalid_grant' } });
});

it.each([{ code_verifier: 'another' }, { client_id: 'another' }, { redirect_uri: 'http://127.0.0.1:1/' }])(
  'refuses a code with %o',
  async (wrong) => {
    expect((await exchange({ code: await codeOf(), ...wrong })).status).toBe(400);
  },
);

it('sends codes to loopback addresses only, and none without PKCE', async () => {
  const away = await request({ sub: 'ada', redirect_uri: 'https://evil.example.com/' });
  const plain = await request({ sub: 'ada', code_challenge_method: 'plain' });

  expect([away.status, away.headers.get('location')]).toEqual([400, null]);
  expect(plain.headers.get('location')).toBe(`${redirect_uri}?error=invalid_request&state=st%26te`);
});

it('leads back after a logout', async () => {
  const query = new URLSearchParams({ post_logout_redirect_uri: 'http://127.0.0.1:3000/' });
  const response = await fetch(`${issuer.issuer}/logout?${query}`, { redirect: 'manual' });

  expect(response.headers.get('location')).toBe('http://127.0.0.1:3000/');
});
