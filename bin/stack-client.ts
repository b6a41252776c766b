import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { hostCertificates } from '#local/host-certificates';
import { hostProxy } from '#local/host-proxy';

const gone = 'The stack has ended; its log says why';

/** All that the stack sees of this process's environment: no key that happens to be set here. */
export function stackEnvironment(): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...hostCertificates(), ...hostProxy() };
}

/** The local stack as a child process; see local/main.ts for what goes over its standard streams. */
export class StackClient {
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  private nextId = 1;
  private over = false;
  /** Settles when the process has ended. */
  readonly ended: Promise<void>;

  constructor(options: { log: (line: string) => void }) {
    const main = fileURLToPath(new URL('../local/main.ts', import.meta.url));
    this.child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: stackEnvironment(),
    });
    createInterface({ input: this.stream('stdout') }).on('line', (line) => this.settle(line));
    createInterface({ input: this.stream('stderr') }).on('line', options.log);
    this.ended = new Promise((resolve) => this.child.once('exit', () => resolve()));
    void this.ended.then(() => {
      this.over = true;
      for (const { reject } of this.waiting.values()) reject(new Error(gone));
    });
    // A write to a process that has just ended: its end answers whoever waits.
    this.child.stdin?.on('error', () => {});
  }

  /** @throws Error with what went wrong on the other side */
  ask<T>(method: string, params: unknown = {}): Promise<T> {
    if (this.over) return Promise.reject(new Error(gone));
    const id = this.nextId++;
    return new Promise<unknown>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.child.stdin?.write(`${JSON.stringify({ id, method, params })}\n`);
    }) as Promise<T>;
  }

  async stop(): Promise<void> {
    this.child.stdin?.end();
    await this.ended;
  }

  private settle(line: string): void {
    const { id, result, error } = JSON.parse(line) as { id: number; result?: unknown; error?: string };
    const waiter = this.waiting.get(id);
    this.waiting.delete(id);
    if (error === undefined) waiter?.resolve(result);
    else waiter?.reject(new Error(error));
  }

  private stream(name: 'stdout' | 'stderr') {
    const stream = this.child[name];
    if (!stream) throw new Error(`no ${name}`);
    return stream;
  }
}
