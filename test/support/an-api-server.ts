import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type RouteName, routes } from '#core/api/routes';
import { anApi } from './an-api.ts';
import type { FakeWorld } from './fake-world.ts';

/** The API of a fake world on loopback, for clients that speak HTTP. The bearer token is not looked at: it is ada of acme. */
export async function anApiServer(world: FakeWorld): Promise<{ url: string; stop(): Promise<void> }> {
  const api = anApi(world);
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://api');
    const found = matching(request.method ?? 'GET', url.pathname.replace(/^\/api/, ''));
    if (!found) return void response.writeHead(404).end('no route');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { status, headers, text } = await api(found.name, {
      params: found.params,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers as Record<string, string>,
      ...(chunks.length > 0 && { body: Buffer.concat(chunks).toString('utf8') }),
    });
    response.writeHead(status, headers).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function matching(method: string, path: string): { name: RouteName; params: Record<string, string> } | undefined {
  for (const [name, route] of Object.entries(routes)) {
    const pattern = route.path.replace(
      /\{(\w+)(\+?)\}/g,
      (_, key: string, greedy: string) => `(?<${key}>${greedy ? '.+' : '[^/]+'})`,
    );
    const found = route.method === method ? new RegExp(`^${pattern}$`).exec(path) : null;
    if (found) {
      const params = Object.entries(found.groups ?? {}).map(([key, value]) => [key, decodeURIComponent(value)]);
      return { name: name as RouteName, params: Object.fromEntries(params) };
    }
  }
  return undefined;
}
