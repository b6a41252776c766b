import { lookup as resolve } from 'node:dns';
import { lookup as resolveHere } from 'node:dns/promises';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { globalAgent, request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GitHttpRequest, GitHttpResponse, HttpClient } from 'isomorphic-git';
import { isPublicAddress } from './public-address.ts';

export interface Guard {
  /** Origin of the configured code host: the only one that may be http or on a private address. */
  trustedOrigin: string;
  signal: AbortSignal;
}

/** Node's own where Node follows the machine's proxy (`NODE_USE_ENV_PROXY`); on AWS nothing sets that. */
const proxyAgent = globalAgent.options.proxyEnv === undefined ? undefined : globalAgent;

/** A list of refs; larger answers are no git host's. */
const mostBytes = 20 * 1_024 * 1_024;

/**
 * The http client of isomorphic-git, for URLs that users choose. No redirects: each would be another URL to judge. The
 * address is judged where it is used, in the connection's own lookup: a name that resolves to another address the
 * second time gains nothing. Behind a proxy the lookup is the proxy's: only what this machine resolves can be judged.
 */
export function guardedHttp({ trustedOrigin, signal }: Guard): HttpClient {
  return {
    async request({ url, method = 'GET', headers = {}, body }: GitHttpRequest): Promise<GitHttpResponse> {
      const target = new URL(url);
      const trusted = target.origin === trustedOrigin;
      if (!trusted && target.protocol !== 'https:') throw new Error('only https is allowed');
      const host = target.hostname.replace(/^\[|\]$/g, '');
      // An address instead of a name is never looked up.
      if (!trusted && isIP(host) !== 0 && !isPublicAddress(host)) throw new Error('a private address');
      const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
      const payload = await joinedBody(body);
      const proxied = !trusted && proxyAgent !== undefined;
      if (proxied) await refusePrivate(host);
      const response = await new Promise<IncomingMessage>((answered, failed) => {
        const request = send(target, {
          method,
          headers: { 'user-agent': 'git/patchbay', ...headers },
          signal,
          agent: proxied ? proxyAgent : false,
          ...(trusted ? {} : { lookup: publicLookup }),
        });
        request.once('response', answered).once('error', failed).end(payload);
      });
      const statusCode = response.statusCode ?? 0;
      if (statusCode >= 300 && statusCode < 400) {
        response.destroy();
        throw new Error(`a redirect to ${response.headers.location ?? 'nowhere'}, which is not followed`);
      }
      return {
        url,
        method,
        statusCode,
        statusMessage: response.statusMessage ?? '',
        headers: flat(response.headers),
        body: capped(response),
      };
    },
  };
}

/** A name that this machine cannot resolve is left to the proxy, after two seconds too. */
async function refusePrivate(host: string): Promise<void> {
  const looked = resolveHere(host, { all: true }).catch(() => []);
  const addresses = await Promise.race([looked, sleep(2_000, [], { ref: false })]);
  if (addresses.some(({ address }) => !isPublicAddress(address))) throw new Error('a private address');
}

const publicLookup: LookupFunction = (hostname, options, done) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return done(error, '', 0);
    const allowed = addresses.filter(({ address }) => isPublicAddress(address));
    const [first] = allowed;
    if (first === undefined) return done(new Error('a private address'), '', 0);
    if (options.all) return done(null, allowed);
    done(null, first.address, first.family);
  });
};

async function joinedBody(body: GitHttpRequest['body']): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  if (body !== undefined) for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* capped(response: IncomingMessage): AsyncIterableIterator<Uint8Array> {
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) throw new Error(`more than ${mostBytes} bytes`);
    yield new Uint8Array(chunk);
  }
}

function flat(headers: IncomingMessage['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );
}
