import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';

export interface IssuerUser {
  sub: string;
  email: string;
  tenant: string;
  groups?: string[];
}

export interface IssuerOptions {
  /** A free one if absent. The issuer's URL is part of every token, so a stack that restarts keeps its port. */
  port?: number;
  /** Holds the signing key, so that tokens outlive a restart. */
  stateDir: string;
  users?: IssuerUser[];
  audience: string;
  /** Scopes of a token that asks for none, separated by blanks. */
  scope?: string;
}

export interface TokenOptions {
  /** An hour if absent; negative for a token that has expired. */
  expiresInSeconds?: number;
  scope?: string;
  /** Further claims; they win over the user's. */
  claims?: Record<string, unknown>;
}

export interface Issuer {
  issuer: string;
  /** An access token for a user known by `sub`. @throws on an unknown one. */
  token(sub: string, options?: TokenOptions): Promise<string>;
  stop(): Promise<void>;
}

const ALGORITHM = 'RS256';

/**
 * An OpenID Connect issuer for the laptop: discovery, JWKS, and tokens for named users without a login. It signs RS256,
 * the only kind that the JWT authorizer of an HTTP API accepts.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
 */
export async function startIssuer(options: IssuerOptions): Promise<Issuer> {
  const { key, jwk } = await signingKey(options.stateDir);
  const users = new Map((options.users ?? []).map((user) => [user.sub, user]));
  let issuer = '';
  const documents: Record<string, () => unknown> = {
    '/.well-known/openid-configuration': () => discovery(issuer),
    '/.well-known/jwks.json': () => ({ keys: [jwk] }),
  };
  const server = createServer((request, response) => {
    const document = documents[request.url ?? ''];
    response.writeHead(document ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(document ? document() : { error: 'not_found' }));
  });
  issuer = await listen(server, options.port ?? 0);

  return {
    issuer,
    async token(sub, { expiresInSeconds = 3600, scope = options.scope ?? 'openid', claims = {} } = {}) {
      const user = users.get(sub);
      if (!user) throw new Error(`no user ${sub}; there are: ${[...users.keys()].join(', ')}`);
      const now = Math.floor(Date.now() / 1000);
      const standard = {
        iss: issuer,
        aud: options.audience,
        iat: Math.min(now, now + expiresInSeconds),
        exp: now + expiresInSeconds,
        jti: randomUUID(),
      };
      return new SignJWT({ ...standard, groups: [], ...user, scope, token_use: 'access', ...claims })
        .setProtectedHeader({ alg: ALGORITHM, kid: jwk.kid ?? '', typ: 'JWT' })
        .sign(key);
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function discovery(issuer: string) {
  return {
    issuer,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    id_token_signing_alg_values_supported: [ALGORITHM],
    subject_types_supported: ['public'],
    response_types_supported: ['token'],
  };
}

/** Reads the key of an earlier start, or makes one. Only its owner may read the file. */
async function signingKey(stateDir: string): Promise<{ key: CryptoKey | Uint8Array; jwk: JWK }> {
  const path = join(stateDir, 'issuer-key.json');
  if (!existsSync(path)) {
    mkdirSync(stateDir, { recursive: true });
    const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
    writeFileSync(path, JSON.stringify(await exportJWK(privateKey)), { mode: 0o600 });
  }
  const secret = JSON.parse(readFileSync(path, 'utf8')) as JWK;
  const { kty, n, e } = secret as { kty: string; n: string; e: string };
  const kid = await calculateJwkThumbprint({ kty, n, e });
  return { key: await importJWK(secret, ALGORITHM), jwk: { kty, n, e, kid, alg: ALGORITHM, use: 'sig' } };
}

async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
