import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as current from 'e2b';
import * as previous from 'e2b-previous';
import { type E2bServer, type E2bServerOptions, startE2bServer } from '#local/e2b/server';

/** The unmodified SDKs that one suite runs against: the pinned one, and the last that creates by the older route. */
export const SDKS = [
  { version: '2.51.0', sdk: current },
  // Its classes are others to the compiler, by their private fields; the suite uses what both have.
  { version: '2.50.0', sdk: previous as unknown as typeof current },
];

export const API_KEY = 'e2b_0123456789abcdef0123456789abcdef';

export interface Stack {
  server: E2bServer;
  stateDir: string;
  log: string[];
  /** The connection options that every SDK call takes. */
  at: { apiKey: string; apiUrl: string; sandboxUrl: string; retries: number };
  stop(): Promise<void>;
}

/** A server on a state folder of its own. */
export async function aServer(options: Partial<E2bServerOptions> = {}): Promise<Stack> {
  const stateDir = await mkdtemp(join(tmpdir(), 'e2b-'));
  const log: string[] = [];
  const server = await startE2bServer({ apiKey: API_KEY, stateDir, log: (line) => log.push(line), ...options });
  return {
    server,
    stateDir,
    log,
    at: { apiKey: API_KEY, apiUrl: server.url, sandboxUrl: server.url, retries: 0 },
    stop: async () => {
      await server.stop();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

/** Polls until the condition holds. @throws with the last error or value when it does not in time. */
export async function eventually<T>(check: () => T | Promise<T>, milliseconds = 10_000): Promise<T> {
  const end = Date.now() + milliseconds;
  for (;;) {
    try {
      const value = await check();
      if (value || Date.now() > end) {
        return value;
      }
    } catch (error) {
      if (Date.now() > end) {
        throw error;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
