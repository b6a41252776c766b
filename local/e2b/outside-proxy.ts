import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, isIP, type Socket } from 'node:net';

/** How one connection leaves this machine. Undefined: directly. */
export type OutsideProxy = (scheme: 'http' | 'https', host: string, port: number) => URL | undefined;

const CONNECT_TIMEOUT_MS = 15_000;

/** By `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in either case; loopback always goes directly. */
export function outsideProxy(variables: Record<string, string>): OutsideProxy {
  const value = (name: string) => variables[name.toLowerCase()] || variables[name] || '';
  const proxies = { http: URL.parse(value('HTTP_PROXY')), https: URL.parse(value('HTTPS_PROXY')) };
  const direct = value('NO_PROXY')
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '');
  return (scheme, host, port) => {
    const name = host.toLowerCase();
    const proxy = proxies[scheme];
    if (proxy === null || !/^https?:$/.test(proxy.protocol) || isLoopback(name)) return undefined;
    return direct.some((entry) => covers(entry, name, port)) ? undefined : proxy;
  };
}

function isLoopback(name: string): boolean {
  return (
    name === 'localhost' || name.endsWith('.localhost') || name === '::1' || (isIP(name) === 4 && /^127\./.test(name))
  );
}

/** `*`, a host or a domain with all below it (curl's reading), each with or without a port. */
function covers(entry: string, name: string, port: number): boolean {
  const [, host = '', only] = /^(.*?)(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
  if (only !== undefined && Number(only) !== port) return false;
  const domain = host.replace(/^\[|\]$/g, '').replace(/^\*?\./, '');
  return host === '*' || name === domain || (isIP(name) === 0 && name.endsWith(`.${domain}`));
}

/** @throws Error when nobody answers in time, or the proxy refuses */
export function connectOut(proxy: URL | undefined, host: string, port: number): Promise<Socket> {
  return proxy === undefined ? connectDirectly(host, port) : connectThrough(proxy, host, port);
}

function connectDirectly(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => socket.destroy(new Error('timed out')));
    socket.once('error', reject);
    socket.once('connect', () => resolve(socket.setTimeout(0).off('error', reject)));
  });
}

function connectThrough(proxy: URL, host: string, port: number): Promise<Socket> {
  const path = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    const request = requestTo(proxy, { method: 'CONNECT', path, headers: { host: path } });
    request.setTimeout(CONNECT_TIMEOUT_MS, () => request.destroy(new Error('timed out')));
    request.once('error', (error) => reject(new Error(`the proxy ${proxy.host}: ${error.message}`)));
    request.once('connect', ({ statusCode = 0 }, socket: Socket, head) => {
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy();
        reject(new Error(`the proxy ${proxy.host} answered ${statusCode} for ${path}`));
        return;
      }
      socket.setTimeout(0);
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.end();
  });
}

/** A request that the proxy itself reads, with the credentials of its URL. */
export function requestTo(proxy: URL, options: RequestOptions) {
  const { username, password, protocol, hostname, port } = proxy;
  const pair = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  const headers = { ...options.headers, ...(username === '' ? {} : { 'proxy-authorization': `Basic ${pair}` }) };
  const host = hostname.replace(/^\[|\]$/g, '');
  const place = { host, port: Number(port) || (protocol === 'https:' ? 443 : 80), agent: false };
  return (protocol === 'https:' ? httpsRequest : httpRequest)({ ...options, ...place, headers } as RequestOptions);
}
