import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import type { InvocationResult } from '#local/parts';
import { exitError, timeoutError } from './function-error.ts';
import { residentBytes } from './resident-memory.ts';
import { type Invocation, RuntimeApi } from './runtime-api.ts';

/** How to run one function; the same for all its processes. */
export interface ProcessSettings {
  taskRoot: string;
  /** The environment, given the address of the process's Runtime API. */
  environment(runtimeApi: string): Record<string, string>;
  timeoutMs: number;
  memoryMb: number;
  log(line: string): void;
}

export interface ProcessEvents {
  /** Ready for an invocation: after the start, and after each answer. */
  idle(process: FunctionProcess): void;
  /** An invocation has its result. It comes before `idle` or `gone`. */
  finished(process: FunctionProcess, invocation: Invocation, result: InvocationResult): void;
  /** The process has ended. `initError` is set if it never became ready. */
  gone(process: FunctionProcess, initError?: InvocationResult): void;
}

const SHIM = fileURLToPath(new URL('./rapid-client-shim.cjs', import.meta.url));
const INTERFACE_CLIENT = createRequire(import.meta.url).resolve('aws-lambda-ric');

/** Of a function's memory, as Lambda's own bootstrap divides it: the rest is for buffers and code. */
const HEAP_SHARE = 0.9;
/** MB. Lambda gives it 5 % of the memory: that much garbage is kept before anything collects it, in every process. */
const YOUNG_MB = 2;

/** Initialization has this long whatever the function's timeout; it is then ended as on AWS. */
const INIT_LIMIT_MS = 30_000;

/** One execution environment: a child process, its Runtime API, and at most one invocation. */
export class FunctionProcess {
  readonly startedAt = Date.now();
  /** ms until the first request for work; undefined before it. */
  initMs: number | undefined;
  idleSince = 0;
  maxResidentBytes = 0;
  readonly #settings: ProcessSettings;
  readonly #events: ProcessEvents;
  readonly #api: RuntimeApi;
  #child: ChildProcess | undefined;
  #current: Invocation | undefined;
  #initError: InvocationResult | undefined;
  #timer: NodeJS.Timeout | undefined;
  #doomed = false;
  #ended = false;

  constructor(settings: ProcessSettings, events: ProcessEvents) {
    this.#settings = settings;
    this.#events = events;
    this.#api = new RuntimeApi({
      next: () => this.#ready(),
      initError: (result) => {
        this.#initError = result;
      },
      answered: (_requestId, result) => this.#finish(result),
    });
    void this.#start();
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get busy(): boolean {
    return this.#current !== undefined;
  }

  /** Hands over an invocation; its deadline counts from now. Only while idle. */
  run(call: Omit<Invocation, 'deadline'>): void {
    const { timeoutMs, log } = this.#settings;
    const invocation = { ...call, deadline: Date.now() + timeoutMs };
    this.#current = invocation;
    this.#timer = setTimeout(() => {
      log(
        `${new Date().toISOString()} ${call.requestId} Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`,
      );
      this.#finish(timeoutError(call.requestId, timeoutMs));
      this.kill();
    }, timeoutMs);
    this.#api.give(invocation);
  }

  /** Ends the process if it holds more than its memory. */
  async checkMemory(): Promise<number> {
    const bytes = this.pid === undefined || this.#ended ? 0 : await residentBytes(this.pid);
    this.maxResidentBytes = Math.max(this.maxResidentBytes, bytes);
    if (bytes > this.#settings.memoryMb * 1024 * 1024) this.kill();
    return bytes;
  }

  /** At once, with everything it has started. */
  kill(): void {
    this.#doomed = true;
    const pid = this.pid;
    if (pid === undefined || this.#ended) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // Gone already; its exit event is on the way.
    }
  }

  async #start(): Promise<void> {
    const { taskRoot, environment, memoryMb, log } = this.#settings;
    const runtimeApi = await this.#api.listen();
    if (this.#doomed) return this.#exit(null, 'SIGKILL');
    const heap = [`--max-old-space-size=${Math.floor(memoryMb * HEAP_SHARE)}`, `--max-semi-space-size=${YOUNG_MB}`];
    // A process group of its own: what the handler starts ends with it, and Ctrl-C in the terminal reaches the stack
    // alone, which then stops in order. The fourth pipe ends the process when the stack is gone.
    const child = spawn(process.execPath, [...heap, '--require', SHIM, INTERFACE_CLIENT], {
      cwd: taskRoot,
      env: environment(runtimeApi),
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child = child;
    this.#timer = setTimeout(() => this.kill(), INIT_LIMIT_MS);
    for (const stream of [child.stdout, child.stderr]) if (stream) createInterface({ input: stream }).on('line', log);
    child.on('error', (error) => this.#exit(null, null, error.message));
    child.on('exit', (code, signal) => this.#exit(code, signal));
  }

  #ready(): void {
    if (this.#doomed || this.#ended) return;
    if (this.initMs === undefined) {
      clearTimeout(this.#timer);
      this.initMs = Date.now() - this.startedAt;
    }
    this.idleSince = Date.now();
    this.#events.idle(this);
  }

  #finish(result: InvocationResult): void {
    clearTimeout(this.#timer);
    const invocation = this.#current;
    if (!invocation) return;
    this.#current = undefined;
    this.#events.finished(this, invocation, result);
  }

  #exit(code: number | null, signal: string | null, reason?: string): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#api.close();
    if (reason) this.#settings.log(reason);
    if (this.#current) this.#finish(exitError(this.#current.requestId, code, signal));
    const failed = this.initMs === undefined ? (this.#initError ?? exitError('', code, signal)) : undefined;
    this.#events.gone(this, failed);
  }
}
