/**
 * A redirect is an answer, and nothing goes on to where it points: the key would go with it, since fetch drops only the
 * header `authorization` at another origin and Anthropic's is `x-api-key`. Not `error`, which looks like a broken
 * connection, whose call may have been billed.
 */
export function withoutRedirects(fetchIt: typeof fetch): typeof fetch {
  return (url, init) => fetchIt(url, { ...init, redirect: 'manual' });
}
