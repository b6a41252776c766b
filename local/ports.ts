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

async function freePort(taken: number[]): Promise<number> {
  for (;;) {
    const port = await listenOnce(0);
    if (port !== undefined && !taken.includes(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  return (await listenOnce(port)) !== undefined;
}

function listenOnce(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined));
    });
  });
}
