import type { Route } from '#core/api/route';
import { type RouteName, routes } from '#core/api/routes';

/** A request as it goes over the wire: nothing of it is checked before it is sent. */
export interface LiveCall {
  params?: Record<string, string>;
  query?: Record<string, string>;
  /** An object is sent as JSON, a string as it is. */
  body?: unknown;
  headers?: Record<string, string>;
  /** Without one, there is no Authorization header. */
  token?: string | undefined;
}

export interface LiveAnswer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of a body, its type would not.
  body: any;
}

/** Sends a request to a route of a running API. */
export async function liveCall(apiUrl: string, name: RouteName, call: LiveCall = {}): Promise<LiveAnswer> {
  const { method, path }: Route = routes[name];
  const filled = path.replace(/\{(\w+)\+?\}/g, (_, param: string) => encodeURIComponent(call.params?.[param] ?? ''));
  const url = new URL(apiUrl + filled);
  for (const [key, value] of Object.entries(call.query ?? {})) url.searchParams.set(key, value);
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: {
      ...(call.token === undefined ? {} : { authorization: `Bearer ${call.token}` }),
      ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
      ...call.headers,
    },
    ...(call.body === undefined || method === 'GET'
      ? {}
      : { body: typeof call.body === 'string' ? call.body : JSON.stringify(call.body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: jsonOf(text) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a stored file, say
  }
}
