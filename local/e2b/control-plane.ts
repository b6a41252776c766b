import type { ServerResponse } from 'node:http';
import type { Json } from '#local/parts';
import { ApiError, answerJson } from './api-error.ts';
import { effectOf } from './apply-faults.ts';
import type { Effect } from './faults.ts';
import { selectSandboxes } from './list-query.ts';
import type { SandboxFleet } from './sandbox-fleet.ts';
import { measureSandbox } from './sandbox-metrics.ts';
import { parseEgressRules, parseSandboxRequest, parseTimeout } from './sandbox-request.ts';
import { accessView, detailView, itemView } from './sandbox-view.ts';

/** What a route gets: the body already parsed, the id out of the path. */
interface ApiCall {
  fleet: SandboxFleet;
  id: string;
  query: URLSearchParams;
  body: Json;
  effects: Effect[];
  response: ServerResponse;
}

interface ApiRoute {
  method: string;
  path: RegExp;
  /** The name that faults go by. */
  operation: string;
  handle: (call: ApiCall) => Promise<void> | void;
}

/** Seconds that a sandbox lives when its create names none: the newer create's and the older one's. */
const LIFE_V2 = 300;
const LIFE_V1 = 15;

const ONE = '/sandboxes/(?<id>[^/]+)';

const ROUTES: ApiRoute[] = [
  { method: 'POST', path: /^\/v2\/sandboxes$/, operation: 'create', handle: (call) => create(call, LIFE_V2) },
  { method: 'POST', path: /^\/sandboxes$/, operation: 'create', handle: (call) => create(call, LIFE_V1) },
  { method: 'GET', path: /^(\/v2)?\/sandboxes$/, operation: 'list', handle: list },
  { method: 'POST', path: new RegExp(`^(/v2)?${ONE}/connect$`), operation: 'connect', handle: connect },
  { method: 'GET', path: new RegExp(`^${ONE}$`), operation: 'info', handle: info },
  { method: 'DELETE', path: new RegExp(`^${ONE}$`), operation: 'kill', handle: kill },
  { method: 'POST', path: new RegExp(`^${ONE}/timeout$`), operation: 'timeout', handle: setTimeout },
  { method: 'PUT', path: new RegExp(`^${ONE}/network$`), operation: 'network', handle: setNetwork },
  { method: 'GET', path: new RegExp(`^${ONE}/metrics$`), operation: 'metrics', handle: metrics },
];

/** @throws ApiError 501 for what e2b has and this server does not. */
export function findRoute(method: string, path: string): { route: ApiRoute; id: string } {
  for (const route of ROUTES) {
    const match = route.method === method ? route.path.exec(path) : null;
    if (match) {
      return { route, id: decodeURIComponent(match.groups?.id ?? '') };
    }
  }
  throw new ApiError(501, `${method} ${path} is not part of this server`);
}

async function create({ fleet, body, response }: ApiCall, defaultSeconds: number): Promise<void> {
  const request = parseSandboxRequest(body);
  const secured = defaultSeconds === LIFE_V2 ? { ...request, secure: true } : request;
  answerJson(response, 201, accessView(await fleet.create(secured, defaultSeconds)));
}

function connect({ fleet, id, body, response }: ApiCall): void {
  const sandbox = fleet.get(id);
  fleet.extend(sandbox, parseTimeout(body));
  answerJson(response, 200, accessView(sandbox));
}

function list({ fleet, query, effects, response }: ApiCall): void {
  const youngest = Date.now() - (effectOf(effects, 'stale-list')?.omitYoungerThanMs ?? 0);
  const known = fleet.all().filter((sandbox) => sandbox.startedAt.getTime() <= youngest);
  const { page, nextToken } = selectSandboxes(known, query);
  const headers = {
    'x-total-running': String(fleet.all().length),
    ...(nextToken ? { 'x-next-token': nextToken } : {}),
  };
  answerJson(response, 200, page.map(itemView), headers);
}

function info({ fleet, id, response }: ApiCall): void {
  answerJson(response, 200, detailView(fleet.get(id)));
}

async function kill({ fleet, id, response }: ApiCall): Promise<void> {
  await fleet.kill(fleet.get(id).id);
  response.writeHead(204).end();
}

function setTimeout({ fleet, id, body, response }: ApiCall): void {
  fleet.setTimeout(fleet.get(id), parseTimeout(body) ?? 0);
  response.writeHead(204).end();
}

function setNetwork({ fleet, id, body, response }: ApiCall): void {
  fleet.get(id).setEgress(parseEgressRules(body));
  response.writeHead(204).end();
}

async function metrics({ fleet, id, query, response }: ApiCall): Promise<void> {
  const sandbox = fleet.get(id);
  const end = Number(query.get('end') ?? Number.POSITIVE_INFINITY);
  const outside =
    end < Math.floor(sandbox.startedAt.getTime() / 1000) || Number(query.get('start') ?? 0) > Date.now() / 1000;
  answerJson(response, 200, outside ? [] : [await measureSandbox(sandbox)]);
}
