import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { StackOptions } from '#local/stack';
import type { StackMethod } from '#local/stack-methods';
import { stackEnvironment } from '../../bin/stack-client.ts';

/** The local stack in a process of its own, which a test may kill at any moment and start again on the same state. */
export interface StackProcess {
  apiUrl: string;
  socketUrl: string;
  ask<T>(method: StackMethod, params?: unknown): Promise<T>;
  /** As the kernel does it when memory runs out: nothing is told, nothing is written. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

interface Answer {
  id: number;
  result?: unknown;
  error?: string;
}

/** @throws Error with what the process said when it could not start */
export async function startStackProcess(options: StackOptions): Promise<StackProcess> {
  const main = fileURLToPath(new URL('../../local/main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: stackEnvironment(),
  });
  const { ask, ended } = conversation(child);
  const { apiUrl, socketUrl } = await ask<Pick<StackProcess, 'apiUrl' | 'socketUrl'>>('start', options);
  return {
    apiUrl,
    socketUrl,
    ask,
    kill() {
      child.kill('SIGKILL');
      return ended;
    },
    stop() {
      child.stdin?.end();
      return ended;
    },
  };
}

function conversation(child: ChildProcess) {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  const said: string[] = [];
  let next = 1;
  if (!child.stdout || !child.stderr) throw new Error('the process has no streams');
  child.stdin?.on('error', () => {}); // it was killed: `ended` tells whoever waits
  createInterface({ input: child.stderr }).on('line', (line) => said.push(line));
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, result, error } = JSON.parse(line) as Answer;
    const waiter = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) waiter?.resolve(result);
    else waiter?.reject(new Error(error));
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      for (const { reject } of waiting.values())
        reject(new Error(`the stack has ended:\n${said.slice(-20).join('\n')}`));
      resolve();
    });
  });
  function ask<T>(method: StackMethod | 'start', params: unknown = {}): Promise<T> {
    const id = next++;
    return new Promise<unknown>((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      child.stdin?.write(`${JSON.stringify({ id, method, params })}\n`);
    }) as Promise<T>;
  }
  return { ask, ended };
}
