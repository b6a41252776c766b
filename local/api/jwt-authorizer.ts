import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';

import type { Json, JsonObject } from '#local/parts';
import type { Decision } from './decision.ts';
import type { HttpRequest } from './http-request.ts';
import { identityValue } from './identity-source.ts';

/** An HTTP API's authorizer of type JWT, from the properties of `AWS::ApiGatewayV2::Authorizer`. */
export type JwtAuthorizer = (request: HttpRequest, routeScopes: string[]) => Promise<Decision>;

/** Only RSA, as on AWS. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html */
const ALGORITHMS = ['RS256', 'RS384', 'RS512'];
const KEYS_CACHED_MS = 7_200_000;

/**
 * Checks a bearer token: signature by a key of the issuer's JWKS, `iss`, `aud` (`client_id` only without it), `exp`,
 * `nbf`, `iat`, and, if the route has scopes, one of them in `scope` or `scp`.
 */
export function jwtAuthorizer(properties: JsonObject): JwtAuthorizer {
  const { Issuer, Audience } = properties.JwtConfiguration as { Issuer: string; Audience: string[] };
  const [source = '$request.header.Authorization'] = (properties.IdentitySource ?? []) as string[];
  const keys = keysOf(Issuer);

  return async (request, routeScopes) => {
    const token = identityValue(source, request)?.replace(/^Bearer\s+/i, '');
    if (!token) return unauthorized();
    const claims = await verified(token, keys, Issuer);
    if (typeof claims === 'string') return unauthorized(claims);
    if (!isFor(claims, Audience)) return unauthorized('the audience is not accepted');
    const granted = scopesOf(claims);
    const matching = routeScopes.filter((scope) => granted.includes(scope));
    if (routeScopes.length > 0 && matching.length === 0) {
      return { allowed: false, status: 403, message: 'Forbidden', challenge: insufficient(routeScopes) };
    }
    return {
      allowed: true,
      authorizer: { jwt: { claims: claimTexts(claims), scopes: routeScopes.length > 0 ? matching : null } },
    };
  };
}

/** Finds the key set by discovery at the first request, and again after a failure. */
function keysOf(issuer: string): () => Promise<JWTVerifyGetKey> {
  let found: Promise<JWTVerifyGetKey> | undefined;
  return () => {
    found ??= discover(issuer).catch((error: unknown) => {
      found = undefined;
      throw error;
    });
    return found;
  };
}

async function discover(issuer: string): Promise<JWTVerifyGetKey> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(address, { signal: AbortSignal.timeout(1500) });
  if (!response.ok) throw new Error(`${address} answers ${response.status}`);
  const { jwks_uri } = (await response.json()) as { jwks_uri: string };
  return createRemoteJWKSet(new URL(jwks_uri), { cacheMaxAge: KEYS_CACHED_MS, cooldownDuration: 1000 });
}

/** @returns the claims, or why there are none */
async function verified(token: string, keys: () => Promise<JWTVerifyGetKey>, issuer: string) {
  try {
    const options = { issuer, algorithms: ALGORITHMS, requiredClaims: ['exp'] };
    const { payload } = await jwtVerify(token, await keys(), options);
    const early = payload.iat !== undefined && payload.iat > Math.ceil(Date.now() / 1000);
    return early ? 'the token was issued in the future' : payload;
  } catch (error) {
    // An issuer that cannot be reached is the caller's 401 on AWS too.
    return error instanceof errors.JOSEError ? error.message : 'OIDC discovery endpoint communication error';
  }
}

function isFor(claims: JWTPayload, audiences: string[]): boolean {
  const named = claims.aud ?? claims.client_id;
  return [named].flat().some((audience) => typeof audience === 'string' && audiences.includes(audience));
}

function scopesOf({ scope, scp }: JWTPayload): string[] {
  const listed = scope ?? scp ?? '';
  return Array.isArray(listed) ? listed.map(String) : String(listed).split(' ').filter(Boolean);
}

/** API Gateway hands claims on as text, a list as `[a b]`. */
function claimTexts(claims: JWTPayload): JsonObject {
  const texts = Object.entries(claims).map(([name, value]) => [name, claimText(value as Json)] as const);
  return Object.fromEntries(texts);
}

function claimText(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(claimText).join(' ')}]`;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function unauthorized(description?: string): Decision {
  const detail = description ? ` error="invalid_token" error_description="${description.replaceAll('"', "'")}"` : '';
  return { allowed: false, status: 401, message: 'Unauthorized', challenge: `Bearer${detail}` };
}

function insufficient(scopes: string[]): string {
  return `Bearer scope="${scopes.join(' ')}" error="insufficient_scope"`;
}
