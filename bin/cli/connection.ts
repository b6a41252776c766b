import { ApiClient } from '../client/api-client.ts';
import { askControl, type ControlMethod, type Whereabouts } from '../control-socket.ts';
import type { Options, Values } from './command.ts';
import type { Shell } from './shell.ts';
import { UsageError } from './usage-error.ts';

export const connectionOptions = {
  api: {
    type: 'string',
    value: 'URL',
    help: 'a deployed install, or PATCHBAY_API; without it the stack of `npm start`',
  },
  token: { type: 'string', value: 'T', help: 'a bearer token, or PATCHBAY_TOKEN; without it user `you` of the laptop' },
} as const satisfies Options;

/** For the commands that follow a job. */
export const socketOption = {
  socket: {
    type: 'string',
    value: 'URL',
    help: 'the install’s socket, or PATCHBAY_SOCKET; without it derived from --api',
  },
} as const satisfies Options;

export interface Connection {
  api: ApiClient;
  /** Undefined: not known, the log is read every two seconds instead. */
  socketUrl: string | undefined;
  /** What only the laptop's stack can do; undefined for a deployed install. */
  ask: typeof askLaptop | undefined;
}

const startIt = 'Start one with `npm start` in another terminal';

/** @throws UsageError when there is nothing to talk to */
export async function connect(
  shell: Shell,
  values: Values<typeof connectionOptions> & Partial<Values<typeof socketOption>>,
): Promise<Connection> {
  const { PATCHBAY_API, PATCHBAY_TOKEN, PATCHBAY_SOCKET } = shell.env;
  // A variable that is set to nothing is not set; an option of nothing is a mistake that is named.
  const baseUrl = values.api ?? (PATCHBAY_API || undefined);
  const token = values.token ?? (PATCHBAY_TOKEN || undefined);
  const socket = values.socket ?? (PATCHBAY_SOCKET || undefined);
  if (baseUrl === undefined) return laptop(token, socket);
  if (!/^https?:\/\//.test(baseUrl) || !URL.canParse(baseUrl))
    throw new UsageError('--api', `"${baseUrl}" is no URL.`, 'Give the ApiUrl output of the stack: https://….');
  if (token === undefined)
    throw new UsageError('--token', 'a deployed install wants a token.', 'Give --token or set PATCHBAY_TOKEN.');
  return { api: new ApiClient({ baseUrl, token }), socketUrl: socket ?? socketBeside(baseUrl), ask: undefined };
}

/** Asks the stack of this machine. @throws UsageError when there is none, with what to do */
export async function askLaptop<T>(method: ControlMethod, params: unknown = {}, remedy = `${startIt}.`): Promise<T> {
  const answer = await askControl<T>(method, params);
  if (answer === undefined) throw new UsageError('', 'No stack is running here.', remedy);
  return answer;
}

async function laptop(token: string | undefined, socket: string | undefined): Promise<Connection> {
  const { apiUrl, socketUrl } = await askLaptop<Whereabouts>(
    'where',
    {},
    `${startIt}, or name a deployed install with --api and --token.`,
  );
  const bearer = token ?? (await askLaptop<string>('token', { sub: 'you' }));
  return {
    api: new ApiClient({ baseUrl: apiUrl, token: bearer }),
    socketUrl: socket ?? socketUrl,
    ask: askLaptop,
  };
}

/**
 * Behind one origin the API is at `/api` and the socket at `/ws`. API Gateway's own addresses differ by an id that
 * nobody can derive.
 */
export function socketBeside(apiUrl: string): string | undefined {
  const url = new URL(apiUrl);
  if (!/\/api\/?$/.test(url.pathname) || url.hostname.includes('.execute-api.')) return undefined;
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.pathname = url.pathname.replace(/\/api\/?$/, '/ws');
  return url.href;
}
