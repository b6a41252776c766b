import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { StackMethod } from '#local/stack-methods';
import { stateDir } from './laptop.ts';

/** Where the stack of `npm start` keeps its state; another folder is another stack, and both may run. */
export function stackFolder(): string {
  // Set to nothing is not set: a state at the top of the checkout is what nobody means.
  return process.env.PATCHBAY_STACK || join(stateDir, 'stacks', 'main');
}

/** What the stack is reached at; `where` answers it once the stack is up. */
export interface Whereabouts {
  apiUrl: string;
  socketUrl: string;
  jailed: boolean;
  pid: number;
}

export type ControlMethod = StackMethod | 'where' | 'checkModels';

/** Whoever answers: the stack, as a process or in this one. */
interface Answering {
  ask(method: string, params: unknown): Promise<unknown>;
}

/** How other commands on this machine reach the stack: a socket file in its folder that only this user opens. */
function controlSocket(): string {
  const path = join(stackFolder(), 'control.sock');
  // sockaddr_un holds 108 bytes on Linux, 104 on macOS; a longer path would be cut without a word.
  if (Buffer.byteLength(path) > 103)
    throw new Error(`${path} is too long for a socket: set PATCHBAY_STACK to a folder with a shorter path.`);
  return path;
}

/** Serves the stack's methods, and `where`, one JSON line a request. @throws Error when it is served already */
export async function serveControl(stack: Answering, where: Promise<Whereabouts>): Promise<{ stop(): void }> {
  where.catch(() => {}); // told to everyone who asks, and to whoever has started the stack
  const path = controlSocket();
  mkdirSync(stackFolder(), { recursive: true });
  // One that nobody answers is left over from a process that was killed.
  if (!(await isAnswered(path))) rmSync(path, { force: true });
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    createInterface({ input: socket }).on('line', (line) => {
      answer(stack, where, line).then((reply) => socket.end(`${JSON.stringify(reply)}\n`));
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
  chmodSync(path, 0o600);
  return {
    stop() {
      server.close();
      rmSync(path, { force: true });
    },
  };
}

async function answer(stack: Answering, where: Promise<Whereabouts>, line: string): Promise<Record<string, unknown>> {
  try {
    const { method, params } = JSON.parse(line) as { method: ControlMethod; params: unknown };
    const whereabouts = await where;
    return { result: method === 'where' ? whereabouts : await stack.ask(method, params) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

/** Asks the running stack; one that is starting answers when it is up. Undefined: none. @throws Error with its answer */
export async function askControl<T>(method: ControlMethod, params: unknown = {}): Promise<T | undefined> {
  const text = await exchange(controlSocket(), `${JSON.stringify({ method, params })}\n`);
  if (text === undefined) return undefined;
  if (text === '') throw new Error('The stack ended before it answered.');
  const { result, error } = JSON.parse(text) as { result: T; error?: string };
  // The stack sends its own trace after the sentence.
  if (error !== undefined) throw new Error(error.split('\n')[0]?.replace(/^Error: /, ''));
  return result;
}

async function isAnswered(path: string): Promise<boolean> {
  return (await exchange(path, '')) !== undefined;
}

/** Undefined when nobody listens there. An empty request only asks that. */
function exchange(path: string, request: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(path, () => (request === '' ? socket.end() : socket.write(request)));
    socket.setEncoding('utf8');
    socket.on('data', (data) => {
      text += data;
    });
    socket.on('end', () => resolve(text));
    socket.on('close', () => resolve(text));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const nobody = error.code === 'ENOENT' || error.code === 'ECONNREFUSED';
      return nobody ? resolve(undefined) : reject(error);
    });
  });
}
