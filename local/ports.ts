import { randomInt } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

/**
 * Ports of the stack's listeners: free ones, and the same again at the next start while they are still free, because
 * addresses stand in data that outlives a run (a repository's URL in an issue).
 */
export async function assignPorts(stateDir: string, names: string[]): Promise<Record<string, number>> {
  const file = join(stateDir, 'ports.json');
  const before = remembered(file);
  const ports: Record<string, number> = {};
  for (const name of names) {
    const wanted = before[name];
    ports[name] = wanted !== undefined && (await isFree(wanted)) ? wanted : await freePort(Object.values(ports));
  }
  writeFileSync(file, `${JSON.stringify(ports)}\n`);
  return ports;
}

function remembered(file: string): Record<string, number> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
  } catch {
    return {}; // the first start, or a file cut off by a crash: new ports are as good
  }
}

/**
 * A loopback port that nobody listens on, and that no outgoing connection takes before its listener starts: it lies below
 * the ports that Linux (32768 and up), macOS and Windows (49152 and up) give to a socket that asks for any.
 * @param taken ports that are promised already, though nobody listens there yet
 */
export async function freePort(taken: readonly number[] = []): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (!taken.includes(port) && (await isFree(port))) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
