import { statSync } from 'node:fs';
import { join } from 'node:path';

import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterEach, expect, it } from 'vitest';

import { type Issuer, startIssuer } from '#local/identity/issuer';
import { temporaryFolder } from '#test/local/template/synth';

const users = [{ sub: 'ada', email: 'ada@example.com', tenant: 'acme', groups: ['staff'] }];
const started: Issuer[] = [];
const start = async (stateDir: string, port?: number) => {
  const issuer = await startIssuer({ stateDir, users, audience: 'patchbay', ...(port ? { port } : {}) });
  started.push(issuer);
  return issuer;
};
const documentAt = async (url: string) =>
  (await (await fetch(url)).json()) as { jwks_uri: string; keys: Array<Record<string, string>> };

afterEach(async () => {
  await Promise.all(started.splice(0).map((issuer) => issuer.stop()));
});

it('signs RS256 tokens that its published keys verify', async () => {
  using folder = temporaryFolder();
  const { issuer, token } = await start(folder.path);
  const discovery = await documentAt(`${issuer}/.well-known/openid-configuration`);

  const signed = await token('ada', { scope: 'solve', claims: { extra: 1 } });
  const { payload } = await jwtVerify(signed, createRemoteJWKSet(new URL(discovery.jwks_uri)), { issuer });

  expect(decodeProtectedHeader(signed).alg).toBe('RS256');
  expect(payload).toMatchObject({
    ...users[0],
    iss: issuer,
    aud: 'patchbay',
    scope: 'solve',
    extra: 1,
    token_use: 'access',
  });
});

it('knows its users only', async () => {
  using folder = temporaryFolder();
  const { token } = await start(folder.path);

  await expect(token('eve')).rejects.toThrow('no user eve; there are: ada');
});

it('keeps its key, readable by its owner alone, so that tokens outlive a restart', async () => {
  using folder = temporaryFolder();
  const first = await start(folder.path);
  const port = Number(new URL(first.issuer).port);
  const token = await first.token('ada');
  await first.stop();
  started.length = 0;

  const second = await start(folder.path, port);

  const keys = createRemoteJWKSet(new URL(`${second.issuer}/.well-known/jwks.json`));
  await expect(jwtVerify(token, keys, { issuer: second.issuer })).resolves.toBeDefined();
  expect(statSync(join(folder.path, 'issuer-key.json')).mode & 0o777).toBe(0o600);
});

it('publishes no part of the private key', async () => {
  using folder = temporaryFolder();
  const { issuer } = await start(folder.path);

  const { keys } = await documentAt(`${issuer}/.well-known/jwks.json`);

  expect(Object.keys(keys[0]!).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
});
