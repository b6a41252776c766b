import type * as z from 'zod';
import { type RouteName, routes } from '#core/api/routes';
import { ErrorBody } from '#core/api/views';

type Body<N extends RouteName> = (typeof routes)[N]['body'] extends z.ZodType
  ? { body: z.input<(typeof routes)[N]['body']> }
  : { body?: undefined };
type Reply<N extends RouteName> = (typeof routes)[N]['success']['body'] extends z.ZodType
  ? z.output<(typeof routes)[N]['success']['body']>
  : Uint8Array;

export interface Call {
  params?: Record<string, string>;
  query?: Record<string, string | number | undefined>;
  idempotencyKey?: string;
}

/** An error as the API answered it; `body` says what to do about it. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly status: number;
  readonly body: z.infer<typeof ErrorBody>;
  constructor(status: number, body: z.infer<typeof ErrorBody>) {
    const fields = body.fields?.map(({ field, message }) => `${field}: ${message}`).join('; ');
    super(`${body.message}${fields ? ` (${fields})` : ''}${body.remedy ? ` ${body.remedy}` : ''}`);
    this.status = status;
    this.body = body;
  }
}

/** A client of the HTTP API over the rows of its route table, like any other: base URL and bearer token. */
export class ApiClient {
  private readonly baseUrl: string;
  private readonly token: string;

  constructor(options: { baseUrl: string; token: string }) {
    this.baseUrl = options.baseUrl.replace(/\/$/, '');
    this.token = options.token;
  }

  /** @throws ApiError for every answer that is not a success */
  async call<N extends RouteName>(name: N, call: Call & Body<N>): Promise<Reply<N>> {
    const route = routes[name];
    const response = await fetch(this.url(route.path, call), {
      method: route.method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(route.body ? { 'content-type': 'application/json' } : {}),
        ...(call.idempotencyKey ? { 'idempotency-key': call.idempotencyKey } : {}),
      },
      ...(route.body ? { body: JSON.stringify(call.body) } : {}),
      signal: AbortSignal.timeout(35_000),
    });
    if (!response.ok) throw new ApiError(response.status, await errorOf(response));
    if (route.success.body === null) return new Uint8Array(await response.arrayBuffer()) as Reply<N>;
    return route.success.body.parse(await response.json()) as Reply<N>;
  }

  private url(path: string, { params = {}, query = {} }: Call): URL {
    const filled = path.replace(/\{(\w+)(\+?)\}/g, (_, name: string, greedy: string) => {
      const value = params[name];
      if (value === undefined) throw new Error(`${path} needs the parameter ${name}`);
      return greedy ? value.split('/').map(encodeURIComponent).join('/') : encodeURIComponent(value);
    });
    const url = new URL(this.baseUrl + filled);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    return url;
  }
}

/** What is not one of our error bodies (a proxy's page, say) still becomes one. */
async function errorOf(response: Response): Promise<z.infer<typeof ErrorBody>> {
  const text = await response.text();
  const parsed = ErrorBody.safeParse(json(text));
  if (parsed.success) return parsed.data;
  const said = text.replace(/\s+/g, ' ').trim().slice(0, 200);
  const message = `HTTP ${response.status} from ${new URL(response.url).host}: ${said}`;
  return {
    code: 'internal',
    message,
    detail: message,
    retryable: response.status >= 500,
    request_id: response.headers.get('apigw-requestid') ?? '',
  };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not JSON: the caller shows the text
  }
}
