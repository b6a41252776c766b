import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Json } from '#local/parts';
import { ADMIN_PREFIX, serveAdmin } from './admin.ts';
import { ApiError, answerApiError, answerJson } from './api-error.ts';
import { withFaults } from './apply-faults.ts';
import { readBody } from './connect-protocol.ts';
import { findRoute } from './control-plane.ts';
import { envdOperation, isEnvdPath, serveEnvd } from './envd.ts';
import type { FaultBook } from './faults.ts';
import type { SandboxFleet } from './sandbox-fleet.ts';
import { isSame } from './signature.ts';

/** What requests are served with. */
export interface ServerParts {
  fleet: SandboxFleet;
  faults: FaultBook;
  apiKey: string;
  timeScale: number;
}

/** One listener serves three path spaces: the tests' own, envd's, and all else is the control plane's. */
export async function serveRequest(
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  if (isEnvdPath(url.pathname)) {
    await serveSandbox(parts, url, request, response);
    return;
  }
  try {
    authorize(parts, request);
    const body = parseJson(await readBody(request));
    if (url.pathname.startsWith(ADMIN_PREFIX)) {
      const call = { method: request.method ?? '', path: url.pathname, body };
      answerJson(response, 200, await serveAdmin(parts, call));
    } else {
      await serveControlPlane(parts, { url, method: request.method ?? '', body, response });
    }
  } catch (error) {
    answerApiError(response, error);
  }
}

async function serveSandbox(
  parts: ServerParts,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { fleet, faults, timeScale } = parts;
  const sandboxId = String(request.headers['e2b-sandbox-id'] ?? '');
  const operations = ['envd', envdOperation(request.method ?? '', url.pathname)];
  const effects = faults.take({ operations, metadata: fleet.find(sandboxId)?.request.metadata ?? {} });
  await withFaults(effects, { fleet, sandboxId, response }, () =>
    serveEnvd({ fleet, sandbox: fleet.find(sandboxId), effects, timeScale, url, request, response }),
  );
}

interface ControlCall {
  url: URL;
  method: string;
  body: Json;
  response: ServerResponse;
}

async function serveControlPlane(
  { fleet, faults }: ServerParts,
  { url, method, body, response }: ControlCall,
): Promise<void> {
  const { route, id } = findRoute(method, url.pathname);
  const metadata = fleet.find(id)?.request.metadata ?? metadataOf(body);
  const effects = faults.take({ operations: ['api', route.operation], metadata });
  await withFaults(effects, { fleet, sandboxId: id, response }, () =>
    route.handle({ fleet, id, query: url.searchParams, body, effects, response }),
  );
}

function authorize({ apiKey }: ServerParts, request: IncomingMessage): void {
  const key = request.headers['x-api-key'];
  if (typeof key !== 'string' || !isSame(key, apiKey)) {
    throw new ApiError(401, key ? 'Invalid API key' : 'authorization header is missing');
  }
}

/** Of a create, whose sandbox does not exist yet. */
function metadataOf(body: Json): Record<string, string> {
  const metadata = body !== null && typeof body === 'object' && !Array.isArray(body) ? body.metadata : undefined;
  return (metadata ?? {}) as Record<string, string>;
}

function parseJson(body: Buffer): Json {
  try {
    return JSON.parse(body.toString() || '{}') as Json;
  } catch (cause) {
    throw new ApiError(400, `Error when parsing request: ${cause}`);
  }
}
