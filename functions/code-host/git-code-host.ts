import { type HttpClient, listServerRefs, type ServerRef } from 'isomorphic-git';
import { PatchbayError } from '#core/errors';
import type { CodeHost } from '#core/ports/code-host';
import { hostsOf } from './code-hosts.ts';
import { guardedHttp } from './guarded-http.ts';

const limitMs = 10_000;
const fullSha = /^[0-9a-f]{40}$/;

/**
 * Any git host, over smart HTTP: refs are listed as `git ls-remote` does, nothing is fetched.
 * `url`: of the configured code host, the only one that may be on a private address or without TLS.
 */
export function gitCodeHost({ url: configured }: { url: string }): CodeHost {
  return {
    hosts: hostsOf,
    async resolve({ url }, ref) {
      const trustedOrigin = new URL(configured).origin;
      try {
        const http = guardedHttp({ trustedOrigin, signal: AbortSignal.timeout(limitMs) });
        const found = await find(http, url, ref);
        if (found !== undefined) return found;
      } catch (error) {
        throw unreachable(url, ref, why(error), error);
      }
      throw unreachable(url, ref, ref === undefined ? 'it has no default branch' : 'there is no such branch or tag');
    },
  };
}

/** A branch before a tag of the same name, as git does it; a full commit id stands for itself. */
async function find(
  http: HttpClient,
  url: string,
  ref: string | undefined,
): Promise<{ sha: string; ref: string } | undefined> {
  if (ref === undefined || ref === 'HEAD' || fullSha.test(ref)) {
    const [head] = await refs(http, url, 'HEAD');
    if (ref !== undefined && ref !== 'HEAD') return { sha: ref, ref };
    return head === undefined ? undefined : { sha: head.oid, ref: head.target?.replace('refs/heads/', '') ?? 'HEAD' };
  }
  const names = ref.startsWith('refs/') ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`];
  for (const name of names) {
    const found = (await refs(http, url, name)).find((one) => one.ref === name);
    // An annotated tag is an object of its own; peeled, it is the commit.
    if (found !== undefined) return { sha: found.peeled ?? found.oid, ref };
  }
  return undefined;
}

async function refs(http: HttpClient, url: string, prefix: string): Promise<ServerRef[]> {
  const listed = await listServerRefs({ http, url, prefix, symrefs: true, peelTags: true, protocolVersion: 2 });
  return listed.filter(({ oid }) => fullSha.test(oid));
}

function unreachable(url: string, ref: string | undefined, reason: string, cause?: unknown): PatchbayError {
  const what = ref === undefined ? `The default branch of ${url}` : `"${ref}" of ${url}`;
  return new PatchbayError('repo_unreachable', `${what} cannot be reached: ${reason}.`, { cause });
}

function why(error: unknown): string {
  const { name, message, code, data } = error as Error & { code?: string; data?: { statusCode?: number } };
  if (name === 'TimeoutError' || name === 'AbortError') return `no answer within ${limitMs / 1_000} seconds`;
  if (code === 'HttpError') {
    const status = data?.statusCode ?? 0;
    const hidden = status === 401 || status === 403 || status === 404;
    return hidden ? 'there is no such repository, or it is not public' : `the host answered ${status}`;
  }
  if (code === 'SmartHttpError' || code === 'ParseError') return 'the host does not answer as a git host';
  // Its message has the proxy's URL, with a password perhaps.
  if (code === 'ERR_PROXY_TUNNEL') return 'the proxy of this network refuses the way there';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the host has no address';
  if (code === 'ECONNREFUSED' || code === 'ECONNRESET') return 'the host refuses the connection';
  return message;
}
