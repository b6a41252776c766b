import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';

import { type Answer, authorizationCode } from './authorization-code.ts';

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
const LIFE_SECONDS = 3600;

/**
 * An OpenID Connect issuer for the laptop: discovery, JWKS, a login page for named users, and tokens for them without it.
 * It signs RS256, the only kind that the JWT authorizer of an HTTP API accepts.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
 */
export async function startIssuer(options: IssuerOptions): Promise<Issuer> {
  const { key, jwk } = await signingKey(options.stateDir);
  const users = options.users ?? [];
  let issuer = '';

  function sign(claims: Record<string, unknown>, lifeSeconds: number): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const times = { iat: Math.min(now, now + lifeSeconds), exp: now + lifeSeconds };
    const header = { alg: ALGORITHM, kid: jwk.kid ?? '', typ: 'JWT' };
    return new SignJWT({ iss: issuer, ...times, jti: randomUUID(), ...claims }).setProtectedHeader(header).sign(key);
  }

  async function token(sub: string, { expiresInSeconds = LIFE_SECONDS, scope, claims }: TokenOptions = {}) {
    const user = users.find((known) => known.sub === sub);
    if (!user) throw new Error(`no user ${sub}; there are: ${users.map((known) => known.sub).join(', ')}`);
    const granted = scope ?? options.scope ?? 'openid';
    const own = { aud: options.audience, groups: [], ...user, scope: granted, token_use: 'access' };
    return sign({ ...own, ...claims }, expiresInSeconds);
  }

  const login = authorizationCode({
    users,
    tokens: async (sub, { clientId, scope, nonce }) => ({
      access_token: await token(sub, scope ? { scope } : {}),
      id_token: await sign(
        {
          aud: clientId,
          groups: [],
          ...users.find((user) => user.sub === sub),
          token_use: 'id',
          ...(nonce ? { nonce } : {}),
        },
        LIFE_SECONDS,
      ),
      token_type: 'Bearer',
      expires_in: LIFE_SECONDS,
      scope,
    }),
  });
  const server = createServer((request, response) => {
    answer(request, { login, documents: documentsOf(issuer, jwk) })
      .then(({ status, headers, body }) => response.writeHead(status, { ...headers, ...OPEN_TO_PAGES }).end(body))
      .catch(() => response.destroy());
  });
  issuer = await listen(server, options.port ?? 0);

  return {
    issuer,
    token,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A browser application reads these endpoints from its own origin; what they give out is public or needs a code. */
const OPEN_TO_PAGES = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' };

interface Endpoints {
  login: ReturnType<typeof authorizationCode>;
  documents: Record<string, unknown>;
}

async function answer(request: IncomingMessage, { login, documents }: Endpoints): Promise<Answer> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://issuer');
  const json = { 'content-type': 'application/json' };
  const document = documents[pathname];
  if (request.method === 'OPTIONS') return { status: 204, headers: {}, body: '' };
  if (document !== undefined) return { status: 200, headers: json, body: JSON.stringify(document) };
  if (pathname === '/authorize') return login.authorize(searchParams);
  if (pathname === '/logout') return login.endSession(searchParams);
  if (pathname === '/token' && request.method === 'POST') return login.token(new URLSearchParams(await text(request)));
  return { status: 404, headers: json, body: '{"error":"not_found"}' };
}

function documentsOf(issuer: string, jwk: JWK): Record<string, unknown> {
  return {
    '/.well-known/jwks.json': { keys: [jwk] },
    '/.well-known/openid-configuration': {
      issuer,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      end_session_endpoint: `${issuer}/logout`,
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code'],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['none'],
      id_token_signing_alg_values_supported: [ALGORITHM],
      subject_types_supported: ['public'],
    },
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
