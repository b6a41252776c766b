import { createServer, request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** A company's proxy: it alone knows where names lead, and records what passed. */
export interface RecordingProxy {
  url: string;
  /** `CONNECT host:port` or `GET http://…`, with the credentials that came along. */
  passed: string[];
  stop(): void;
}

/** `ports`: by `host:port`, where on loopback it leads; anything else is refused with 403. */
export async function aProxy(ports: () => Record<string, number>): Promise<RecordingProxy> {
  const passed: string[] = [];
  const sockets = new Set<Socket>();
  const note = (what: string, credentials: string | undefined) => passed.push(`${what} ${credentials ?? '-'}`);
  const server = createServer((incoming, answer) => {
    note(`${incoming.method} ${incoming.url}`, incoming.headers['proxy-authorization']);
    const { host, pathname } = new URL(incoming.url ?? '');
    const port = ports()[`${host}:80`];
    if (port === undefined) return answer.writeHead(403).end();
    const { method, headers } = incoming;
    const onward = request({ host: '127.0.0.1', port, method, path: pathname, headers, agent: false }, (reply) => {
      reply.pipe(answer.writeHead(reply.statusCode ?? 502, reply.headers));
    });
    return incoming.pipe(onward);
  });
  server.on('connect', ({ url = '', headers }, client: Socket) => {
    note(`CONNECT ${url}`, headers['proxy-authorization']);
    const port = ports()[url];
    if (port === undefined) return client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const onward = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(client).pipe(onward);
    });
    client.on('error', () => onward.destroy());
    return onward.on('error', () => client.destroy());
  });
  server.on('connection', (socket: Socket) => sockets.add(socket.once('close', () => sockets.delete(socket))));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://you:pass%40word@127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    stop: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** What the URL's user and password become in a header. */
export const proxyCredentials = `Basic ${Buffer.from('you:pass@word').toString('base64')}`;
