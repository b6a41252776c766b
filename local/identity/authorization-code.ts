import { createHash, randomBytes } from 'node:crypto';

import { loginPage } from './login-page.ts';

/** What a page or program gets from one of the endpoints below. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export interface AuthorizationCodeOptions {
  users: Array<{ sub: string; email: string; tenant: string }>;
  /** The tokens for a user who has logged in; `scope` as the client asked for it. */
  tokens(sub: string, grant: { clientId: string; scope: string; nonce?: string }): Promise<Record<string, unknown>>;
}

interface Grant {
  sub: string;
  clientId: string;
  redirectUri: string;
  challenge: string;
  scope: string;
  nonce?: string;
  until: number;
}

const CODE_LIVES_MS = 60_000;

/**
 * The authorization code flow with PKCE (RFC 6749, RFC 7636) for the people of the laptop: the login page lists them, and
 * one click is the login. Codes go to loopback addresses only, so no page elsewhere can log in as one of them.
 */
export function authorizationCode({ users, tokens }: AuthorizationCodeOptions) {
  const grants = new Map<string, Grant>();

  return {
    /** Shows the page; with a chosen `sub`, goes back to the client with a code. */
    authorize(parameters: URLSearchParams): Answer {
      const asked = Object.fromEntries(parameters);
      const { redirect_uri: redirectUri = '', client_id: clientId = '', code_challenge: challenge = '' } = asked;
      if (!isLoopback(redirectUri)) return plain(400, 'redirect_uri must be a loopback address');
      if (asked.response_type !== 'code' || asked.code_challenge_method !== 'S256' || !challenge || !clientId) {
        return back(redirectUri, { error: 'invalid_request', state: asked.state });
      }
      const user = users.find(({ sub }) => sub === asked.sub);
      if (!user) return page(loginPage(users, parameters));
      const code = randomBytes(24).toString('base64url');
      const nonce = asked.nonce === undefined ? {} : { nonce: asked.nonce };
      const until = Date.now() + CODE_LIVES_MS;
      grants.set(code, { sub: user.sub, clientId, redirectUri, challenge, scope: asked.scope ?? '', until, ...nonce });
      return back(redirectUri, { code, state: asked.state });
    },

    /** Exchanges a code, once, for whoever knows its verifier. */
    async token(form: URLSearchParams): Promise<Answer> {
      const code = form.get('code') ?? '';
      const grant = grants.get(code);
      grants.delete(code);
      const proof = createHash('sha256')
        .update(form.get('code_verifier') ?? '')
        .digest('base64url');
      const valid =
        form.get('grant_type') === 'authorization_code' &&
        grant !== undefined &&
        grant.until > Date.now() &&
        grant.challenge === proof &&
        grant.clientId === form.get('client_id') &&
        grant.redirectUri === form.get('redirect_uri');
      return valid ? json(200, await tokens(grant.sub, grant)) : json(400, { error: 'invalid_grant' });
    },

    /** Nothing is remembered between logins, so there is only a way back. */
    endSession(parameters: URLSearchParams): Answer {
      const target = parameters.get('post_logout_redirect_uri') ?? '';
      const state = parameters.get('state') ?? undefined;
      return isLoopback(target) ? back(target, { state }) : plain(200, 'You are logged out.');
    },
  };
}

function isLoopback(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname } = new URL(address);
  return protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
}

function back(address: string, parameters: Record<string, string | undefined>): Answer {
  const url = new URL(address);
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value);
  return { status: 302, headers: { location: url.href, 'cache-control': 'no-store' }, body: '' };
}

function page(body: string): Answer {
  const policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";
  return {
    status: 200,
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy },
    body,
  };
}

function json(status: number, value: unknown): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify(value),
  };
}

function plain(status: number, body: string): Answer {
  return { status, headers: { 'content-type': 'text/plain' }, body };
}
