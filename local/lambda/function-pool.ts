import { randomUUID } from 'node:crypto';

import { type InvocationResult, ServiceError, type StreamSink } from '#local/parts';
import { FunctionProcess, type ProcessSettings } from './function-process.ts';
import type { Invocation } from './runtime-api.ts';

export interface FunctionPoolOptions extends ProcessSettings {
  /** Processes at most: without a limit thirty parallel workflows took 6 GB and starved each other's heartbeats. */
  cap: number;
  /** ms after which an idle process is stopped. */
  idleMs: number;
  /** The same where another one of the function is idle too: it was for a burst that is over. */
  surplusIdleMs: number;
  /** Told once per invocation, with the time that Lambda bills. */
  billed(milliseconds: number): void;
}

interface Waiter {
  call: Omit<Invocation, 'deadline'>;
  resolve(result: InvocationResult): void;
  reject(error: Error): void;
}

/** The execution environments of one function, and who waits for one: first come, first served. */
export class FunctionPool {
  coldStarts = 0;
  readonly #options: FunctionPoolOptions;
  readonly #processes = new Set<FunctionProcess>();
  readonly #idle: FunctionProcess[] = [];
  readonly #waiting: Waiter[] = [];
  readonly #underway = new Map<string, { waiter: Waiter; startedAt: number; cold: boolean }>();
  readonly #warm = new WeakSet<FunctionProcess>();
  #stopped = false;

  constructor(options: FunctionPoolOptions) {
    this.#options = options;
  }

  invoke(functionArn: string, payload: string, sink: StreamSink): Promise<InvocationResult> {
    return new Promise((resolve, reject) => {
      if (this.#stopped) return reject(stopping());
      this.#waiting.push({ call: { requestId: randomUUID(), payload, functionArn, sink }, resolve, reject });
      this.#dispatch();
    });
  }

  get idleSlots(): number {
    return Math.max(0, this.#options.cap - this.#underway.size - this.#waiting.length);
  }

  get processCount(): number {
    return this.#processes.size;
  }

  get pids(): number[] {
    return [...this.#processes].flatMap(({ pid }) => pid ?? []);
  }

  /** Enforces memory, stops what has been idle for long. @returns the resident bytes of all processes */
  async tend(): Promise<number> {
    const now = Date.now();
    const { idleMs, surplusIdleMs } = this.#options;
    // The one that was used last is handed out first: it is the one to keep.
    const kept = this.#idle.at(-1);
    const old = this.#idle.filter((one) => now - one.idleSince > (one === kept ? idleMs : surplusIdleMs));
    // Off the list first, or an invocation could still be handed to a process that is about to end.
    for (const process of old) {
      this.#idle.splice(this.#idle.indexOf(process), 1);
      process.kill();
    }
    const sizes = await Promise.all([...this.#processes].map((process) => process.checkMemory()));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** Ends all processes. Invocations are abandoned, not failed: who keeps their state repeats them at the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { reject } of this.#waiting.splice(0)) reject(stopping());
    for (const { waiter } of this.#underway.values()) waiter.reject(stopping());
    this.#underway.clear();
    for (const process of this.#processes) process.kill();
    await this.#empty();
  }

  #emptied: (() => void) | undefined;
  #empty(): Promise<void> {
    if (this.#processes.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#emptied = resolve;
    });
  }

  #dispatch(): void {
    while (this.#waiting.length > 0 && this.#idle.length > 0) this.#hand(this.#idle.pop(), this.#waiting.shift());
    const starting = this.#processes.size - this.#underway.size - this.#idle.length;
    const room = this.#options.cap - this.#processes.size;
    for (let more = Math.min(room, this.#waiting.length - starting); more > 0; more--) this.#startProcess();
  }

  #hand(process: FunctionProcess | undefined, waiter: Waiter | undefined): void {
    if (!process || !waiter) return;
    const cold = !this.#warm.has(process);
    this.#warm.add(process);
    this.#underway.set(waiter.call.requestId, { waiter, startedAt: performance.now(), cold });
    process.run(waiter.call);
  }

  #startProcess(): void {
    this.coldStarts++;
    const process = new FunctionProcess(this.#options, {
      idle: () => {
        this.#idle.push(process);
        this.#dispatch();
      },
      finished: (_process, invocation, result) => this.#finish(process, invocation, result),
      gone: (_process, initError) => {
        this.#processes.delete(process);
        const index = this.#idle.indexOf(process);
        if (index >= 0) this.#idle.splice(index, 1);
        if (initError) this.#failInit(initError);
        if (this.#processes.size === 0) this.#emptied?.();
        if (!this.#stopped) this.#dispatch();
      },
    });
    this.#processes.add(process);
  }

  /** Each environment that fails to initialize fails the invocation it was started for. */
  #failInit(error: InvocationResult): void {
    this.#options.billed(0);
    this.#waiting.shift()?.resolve(error);
  }

  #finish(process: FunctionProcess, { requestId }: Invocation, result: InvocationResult): void {
    const underway = this.#underway.get(requestId);
    if (!underway) return;
    this.#underway.delete(requestId);
    const init = underway.cold ? (process.initMs ?? 0) : 0;
    this.#options.billed(Math.ceil(performance.now() - underway.startedAt + init));
    underway.waiter.resolve(result);
  }
}

function stopping(): ServiceError {
  return new ServiceError('ServiceException', 'the stack is stopping', 503);
}
