import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { StackMethod } from '#local/stack-methods';
import { stateDir } from './laptop.ts';
import type { StackClient } from './stack-client.ts';

/** How other commands on this machine reach the stack that `npm start` keeps up: a socket file that only this user opens. */
export const controlSocket = join(stateDir, 'control.sock');

/** What the stack is reached at; `where` answers it. */
export interface Whereabouts {
  apiUrl: string;
  socketUrl: string;
  jailed: boolean;
  pid: number;
}

/** Serves the stack's methods, and `where`, one JSON line a request. */
export async function serveControl(stack: StackClient, where: Whereabouts): Promise<{ stop(): void }> {
  rmSync(controlSocket, { force: true });
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    createInterface({ input: socket }).on('line', (line) => {
      const { method, params } = JSON.parse(line) as { method: string; params: unknown };
      const answer = method === 'where' ? Promise.resolve(where) : stack.ask(method, params);
      answer.then(
        (result) => socket.end(`${JSON.stringify({ result })}\n`),
        (error) => socket.end(`${JSON.stringify({ error: error instanceof Error ? error.message : String(error) })}\n`),
      );
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(controlSocket, resolve));
  chmodSync(controlSocket, 0o600);
  return {
    stop() {
      server.close();
      rmSync(controlSocket, { force: true });
    },
  };
}

/** Asks the running stack. Undefined when none is running. @throws Error with what the stack answered */
export async function askControl<T>(method: StackMethod | 'where', params: unknown = {}): Promise<T | undefined> {
  const text = await new Promise<string | undefined>((resolve, reject) => {
    let answer = '';
    const socket = connect(controlSocket, () => socket.write(`${JSON.stringify({ method, params })}\n`));
    socket.on('data', (data) => {
      answer += data;
    });
    socket.on('end', () => resolve(answer));
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' || error.code === 'ECONNREFUSED' ? resolve(undefined) : reject(error)));
  });
  if (text === undefined) return undefined;
  const { result, error } = JSON.parse(text) as { result: T; error?: string };
  if (error !== undefined) throw new Error(error);
  return result;
}
