import { lookup } from 'node:dns/promises';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Destination, type EgressVerdict, isTarget, judgeEgress } from './egress-policy.ts';
import { connectOut, requestTo } from './outside-proxy.ts';
import type { SandboxFolders } from './sandbox-folders.ts';
import type { SandboxHost } from './sandbox-host.ts';
import type { EgressRules } from './sandbox-request.ts';

/** The way out of one sandbox: an HTTP proxy for CONNECT and for plain requests. */
export interface EgressDoor {
  /** Where it listens on loopback; undefined for a jail, which reaches it through its own forwarder. */
  port: number | undefined;
  /** Cuts the connections that the rules no longer allow. */
  recheck(): void;
  close(): void;
}

/** Where a proxy resolves names, this machine's own look at them is short: many such networks have no answer at all. */
const LOOKUP_MS = 2_000;

/** In a jail on the unix socket `e` that the supervisor forwards to, else on a loopback port. */
export async function openEgressDoor(
  host: SandboxHost,
  folders: SandboxFolders,
  rules: () => EgressRules,
  metadata: Record<string, string>,
): Promise<EgressDoor> {
  const open = new Map<Duplex, Destination>();
  const judge: Judge = async (scheme, name, port) => {
    const faulty = await applyEgressFaults(host, metadata, `${name}:${port}`);
    const proxy = host.outsideProxy(scheme, name, port);
    const destination = { host: name, port, addresses: await addressesOf(name, proxy && LOOKUP_MS), proxy };
    return [destination, faulty ?? judgeEgress(rules(), destination, host.loopbackTargets())];
  };
  const keep = (socket: Duplex, destination: Destination) => {
    open.set(socket, destination);
    socket.once('close', () => open.delete(socket));
  };
  const proxy = createServer((request, response) => forward(request, response, host, judge, keep));
  proxy.on('connect', (request, client, head) => tunnel(request, client as Socket, head, judge, keep));
  proxy.on('clientError', (_error, socket) => socket.destroy());
  const place = host.jail.bwrap ? { path: join(folders.sockets, 'e') } : { host: '127.0.0.1', port: 0 };
  await new Promise<void>((resolve, reject) => proxy.once('error', reject).listen(place, resolve));
  const address = proxy.address() as AddressInfo | string;
  return {
    port: typeof address === 'string' ? undefined : address.port,
    recheck: () => {
      for (const [socket, destination] of open) {
        if (!judgeEgress(rules(), destination, host.loopbackTargets()).allowed) {
          socket.destroy();
        }
      }
    },
    close: () => {
      proxy.close();
      proxy.closeAllConnections();
      for (const socket of open.keys()) {
        socket.destroy();
      }
    },
  };
}

/** A connection that a fault delays, keeps waiting or refuses. */
async function applyEgressFaults(
  { faults }: SandboxHost,
  metadata: Record<string, string>,
  target: string,
): Promise<EgressVerdict | undefined> {
  for (const effect of faults.take({ operations: ['egress'], metadata, target })) {
    if (effect.kind === 'delay') {
      await sleep(effect.milliseconds, undefined, { ref: false });
    } else if (effect.kind === 'hang') {
      await new Promise(() => {});
    } else {
      return { allowed: false, reason: `an injected fault: ${effect.kind}`, reset: effect.kind === 'reset' };
    }
  }
  return undefined;
}

type Judge = (scheme: 'http' | 'https', name: string, port: number) => Promise<[Destination, EgressVerdict]>;
type Keep = (socket: Duplex, destination: Destination) => void;

async function tunnel(request: IncomingMessage, client: Socket, head: Buffer, judge: Judge, keep: Keep): Promise<void> {
  client.on('error', () => client.destroy());
  const target = URL.parse(`http://${request.url}`);
  const name = target ? hostOf(target) : '';
  const port = Number(request.url?.split(':').at(-1));
  const [destination, verdict] = await judge('https', name, port);
  if (!verdict.allowed && verdict.reset) {
    client.destroy();
    return;
  }
  if (!verdict.allowed) {
    client.end(`HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\n\r\n${refusal(destination, verdict.reason)}\n`);
    return;
  }
  const { proxy } = destination;
  const asked = proxy === undefined ? verdict.address : name;
  const upstream = await connectOut(proxy, asked, port).catch((error: Error) => {
    client.end(`HTTP/1.1 502 Bad Gateway\r\n\r\n${error.message}\n`);
  });
  if (upstream === undefined) return;
  upstream.on('error', () => client.destroy());
  upstream.once('close', () => client.destroy());
  client.once('close', () => upstream.destroy());
  if (client.destroyed) {
    upstream.destroy();
    return;
  }
  keep(client, destination);
  client.write('HTTP/1.1 200 Connection established\r\n\r\n');
  upstream.write(head);
  upstream.pipe(client).pipe(upstream);
}

/** Plain HTTP in absolute form. One request to a connection, so that each is routed by its own name. */
async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  host: SandboxHost,
  judge: Judge,
  keep: Keep,
): Promise<void> {
  const target = URL.parse(request.url ?? '');
  if (target?.protocol !== 'http:') {
    response.writeHead(400).end('this is a proxy: ask in absolute form, or with CONNECT\n');
    return;
  }
  const port = Number(target.port || 80);
  if (request.headers['x-patchbay-route'] !== undefined) {
    const addresses = await addressesOf(hostOf(target));
    const own = addresses.some((address) => isTarget(address, port, host.loopbackTargets()));
    response.writeHead(own ? 204 : 404).end();
    return;
  }
  const [destination, verdict] = await judge('http', hostOf(target), port);
  if (!verdict.allowed && verdict.reset) {
    response.destroy();
    return;
  }
  if (!verdict.allowed) {
    response.writeHead(403, { 'content-type': 'text/plain', connection: 'close' });
    response.end(`${refusal(destination, verdict.reason)}\n`);
    return;
  }
  keep(request.socket, destination);
  const headers = endToEnd(request.headers, target.host);
  const path = `${target.pathname}${target.search}`;
  const { method } = request;
  const upstream = destination.proxy
    ? requestTo(destination.proxy, { method, path: target.href, headers })
    : httpRequest({ host: verdict.address, port, method, path, headers, agent: false });
  upstream.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, { ...answer.headers, connection: 'close' });
    answer.pipe(response);
    answer.once('error', () => response.destroy());
  });
  upstream.on('error', (error) => {
    response.headersSent
      ? response.destroy()
      : response.writeHead(502, { connection: 'close' }).end(`${error.message}\n`);
  });
  response.once('close', () => upstream.destroy());
  request.pipe(upstream);
}

function endToEnd(headers: IncomingMessage['headers'], host: string): IncomingMessage['headers'] {
  const { 'proxy-connection': _a, 'proxy-authorization': _b, connection: _c, 'keep-alive': _d, ...rest } = headers;
  return { ...rest, host };
}

function refusal(destination: Destination, reason: string): string {
  return `${destination.host}:${destination.port} is not reachable from this sandbox (${reason})`;
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/** `mostMs`: of patience; without it the system's own. */
async function addressesOf(name: string, mostMs?: number): Promise<string[]> {
  if (isIP(name)) {
    return [name];
  }
  const looked = lookup(name, { all: true }).catch(() => []);
  const found = await (mostMs === undefined ? looked : Promise.race([looked, sleep(mostMs, [], { ref: false })]));
  return found.map((entry) => entry.address);
}
