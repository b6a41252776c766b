import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { catalogueOf, findModel } from '#core/models';
import { providersByKind } from '#functions/model-gateway/providers-by-kind';

let asked: string[];
let server: Server;

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(request.url === '/elsewhere' ? 200 : 307, { location: '/elsewhere' }).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

it.each(['openai-compatible', 'anthropic', 'bedrock'] as const)(
  'a redirect of a provider of kind %s is a refusal, and not followed with the key',
  async (kind) => {
    const base_url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const catalogue = catalogueOf(JSON.stringify([{ name: 'vendor', kind, base_url, key: 'vendor' }]));
    const model = findModel(catalogue, 'vendor/big');
    if (model === undefined) throw new Error('no model');

    const call = providersByKind(fetch, 1)[kind]({
      model,
      request: { messages: [{ role: 'user', content: 'hi' }] },
      maxOutput: 10,
      key: 'the-key',
      turn: undefined,
      signal: AbortSignal.timeout(5_000),
    });

    await expect(call).rejects.toMatchObject({ code: 'unprocessable', message: expect.stringContaining('307') });
    expect(asked).toHaveLength(1);
  },
);
