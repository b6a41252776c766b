import { mkdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { ServiceError } from '#local/parts';
import type { Engines } from './engines.ts';
import type { Reply } from './exchange.ts';
import { callServer } from './in-process.ts';

type Dynalite = (options: { path: string; createTableMs: number; deleteTableMs: number }) => Server;

/** The tables' engine in this process, its files in `folder`. Stopping answers what was asked before, and nothing after. */
export async function startDynalite(
  folder: string,
): Promise<{ call: Engines['dynamo']; port: number; stop(): Promise<void> }> {
  mkdirSync(folder, { recursive: true });
  const dynalite = createRequire(import.meta.url)('dynalite') as Dynalite;
  const server = dynalite({ path: folder, createTableMs: 0, deleteTableMs: 0 });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const atWork = new Set<Promise<Reply>>();
  let stopping = false;
  return {
    call: async (request) => {
      if (stopping) throw new ServiceError('ServiceUnavailable', 'The tables are being closed', 503);
      const answer = callServer(server, request);
      atWork.add(answer);
      try {
        return await answer;
      } finally {
        atWork.delete(answer);
      }
    },
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      stopping = true;
      // It waits for its connections, and knows nothing of calls without one: a write into closed files ends the process.
      await Promise.allSettled(atWork);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
