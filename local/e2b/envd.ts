import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError, answerApiError, answerJson } from './api-error.ts';
import { effectOf } from './apply-faults.ts';
import { answerUnary, answerUnaryError, readStreamRequest, readUnary, ServerStream } from './connect-protocol.ts';
import type { Effect } from './faults.ts';
import { downloadFile, uploadFiles } from './files-endpoint.ts';
import { FILESYSTEM_CALLS } from './filesystem-service.ts';
import { PROCESS_CALLS, PROCESS_STREAMS, type RpcContext } from './process-service.ts';
import { asRpcError, RpcError } from './rpc-error.ts';
import type { Sandbox } from './sandbox.ts';
import type { SandboxFleet } from './sandbox-fleet.ts';
import { findSigned, isSame } from './signature.ts';

/** A call into a sandbox. */
export interface EnvdCall {
  fleet: SandboxFleet;
  /** Undefined where the request names none, or a dead one. */
  sandbox: Sandbox | undefined;
  effects: Effect[];
  timeScale: number;
  url: URL;
  request: IncomingMessage;
  response: ServerResponse;
}

const SERVICES: Record<string, typeof PROCESS_CALLS> = {
  'process.Process': PROCESS_CALLS,
  'filesystem.Filesystem': FILESYSTEM_CALLS,
};

/** There is one user in a jail; root is the same one, where the real thing has two. */
const USERS = ['user', 'root'];

const DEFAULT_KEEPALIVE_SECONDS = 90;

/** The path space of envd; everything else is the control plane's. */
export function isEnvdPath(path: string): boolean {
  return path === '/health' || path === '/files' || Object.keys(SERVICES).some((name) => path.startsWith(`/${name}/`));
}

/** The name that faults go by, e.g. `Start`, `Stat`, `read`, `write`, `health`. */
export function envdOperation(method: string, path: string): string {
  const last = path.split('/').at(-1) ?? '';
  return last === 'files' ? (method === 'POST' ? 'write' : 'read') : last;
}

/** What any path of a sandbox answers that is not there. */
function answerDead(response: ServerResponse, sandboxId: string): void {
  answerJson(response, 502, { sandboxId, message: 'The sandbox was not found', code: 502 });
}

export async function serveEnvd(call: EnvdCall): Promise<void> {
  const { url, request, response } = call;
  const id = request.headers['e2b-sandbox-id'];
  if (!call.sandbox && (typeof id === 'string' || url.pathname !== '/files')) {
    answerDead(response, String(id ?? ''));
  } else if (url.pathname === '/files') {
    await serveFiles(call).catch((error) => failFiles(response, error));
  } else if (url.pathname === '/health') {
    response.writeHead(204).end();
  } else {
    await serveRpc(call, call.sandbox as Sandbox);
  }
}

async function serveFiles(call: EnvdCall): Promise<void> {
  const { url, request, response } = call;
  const path = url.searchParams.get('path') ?? '';
  if (request.method !== 'GET' && request.method !== 'POST') {
    throw new ApiError(405, 'method not allowed');
  }
  const operation = request.method === 'GET' ? 'read' : 'write';
  const user = url.searchParams.get('username') ?? '';
  const sandbox = authorizeFiles(call, { path, user, operation });
  if (user && !USERS.includes(user)) {
    throw new ApiError(401, `error looking up user '${user}': user: unknown user ${user}`);
  }
  await (operation === 'read' ? downloadFile : uploadFiles)(sandbox, path, request, response);
}

/** By the token, or by a signature that only its holder can make. */
function authorizeFiles(call: EnvdCall, access: Parameters<typeof findSigned>[2]): Sandbox {
  const { sandbox, request, url, fleet } = call;
  const token = request.headers['x-access-token'];
  if (sandbox && (sandbox.accessToken === undefined || (token && isSame(String(token), sandbox.accessToken)))) {
    return sandbox;
  }
  if (token) {
    throw new ApiError(401, 'access token present in header but does not match');
  }
  return findSigned(sandbox ? [sandbox] : fleet.all(), url.searchParams, access);
}

function failFiles(response: ServerResponse, error: unknown): void {
  response.headersSent ? response.destroy() : answerApiError(response, error);
}

async function serveRpc(call: EnvdCall, sandbox: Sandbox): Promise<void> {
  const { request, response, url } = call;
  const token = String(request.headers['x-access-token'] ?? '');
  if (sandbox.accessToken !== undefined && !isSame(token, sandbox.accessToken)) {
    const words = 'unauthorized access, please provide a valid access token or method signing if supported';
    answerJson(response, 401, { code: 401, message: words });
    return;
  }
  const [, service = '', method = ''] = url.pathname.split('/');
  const streaming = String(request.headers['content-type']).startsWith('application/connect+json');
  try {
    const context = contextOf(call, sandbox);
    if (streaming) {
      await serveStream(context, service === 'process.Process' ? method : '', call);
      return;
    }
    const unary = SERVICES[service]?.[method];
    if (!unary) {
      throw new RpcError('unimplemented', `${service}/${method} is not part of this server`);
    }
    answerUnary(response, await unary(context, await readUnary(request)));
  } catch (error) {
    answerUnaryError(response, asRpcError(error));
  }
}

async function serveStream(context: RpcContext, method: string, call: EnvdCall): Promise<void> {
  const message = await readStreamRequest(call.request);
  const stream = new ServerStream(call.response, effectOf(call.effects, 'withhold')?.event);
  const serve = PROCESS_STREAMS[method];
  try {
    if (!serve) {
      throw new RpcError('unimplemented', `${call.url.pathname.slice(1)} is not part of this server`);
    }
    await serve(context, message, stream);
  } catch (error) {
    const known = asRpcError(error);
    known.code === 'unavailable' ? stream.cut() : stream.end(known);
  }
}

function contextOf({ request, timeScale }: EnvdCall, sandbox: Sandbox): RpcContext {
  const timeout = Number(request.headers['connect-timeout-ms'] ?? 0);
  const keepalive = Number(request.headers['keepalive-ping-interval'] ?? DEFAULT_KEEPALIVE_SECONDS);
  const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  const user = basic ? (Buffer.from(basic, 'base64').toString().split(':')[0] ?? '') : 'user';
  if (!USERS.includes(user)) {
    throw new RpcError('unauthenticated', `invalid username: '${user}'`);
  }
  return { sandbox, user, timeoutMs: timeout > 0 ? timeout / timeScale : undefined, keepaliveMs: keepalive * 1000 };
}
