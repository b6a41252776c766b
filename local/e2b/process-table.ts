import type { JsonObject } from '#local/parts';
import { RpcError } from './rpc-error.ts';
import { callSupervisor, type Frame, SupervisorConnection } from './supervisor-connection.ts';

/** What `Start` asks for, environment and folder already settled. */
export interface CommandSpec {
  cmd: string;
  args: string[];
  /** The whole environment. */
  env: Record<string, string>;
  cwd: string;
  stdin: boolean;
  /** As the caller named them, for `List`. */
  shown: JsonObject;
  tag: string | undefined;
  /** Until it is killed; undefined: no limit. */
  timeoutMs: number | undefined;
}

/** Who listens to a command. Output goes on when a promise of `output` resolves. */
export interface Listener {
  output(stream: 'stdout' | 'stderr', data: Buffer): Promise<void>;
  /** The last event; without it the sandbox ended first. */
  end(event: JsonObject): void;
  /** The jail is gone. */
  lost(): void;
  /** The command's time is over: told only to the stream that started it, at once, whoever still holds its pipes. */
  expired?(): void;
}

/** A process of a sandbox, while it lives and a while after. */
export interface SandboxProcess {
  pid: number;
  spec: CommandSpec;
  listeners: Set<Listener>;
  /** The `end` event, once it has ended. */
  ended: JsonObject | undefined;
}

/** Go's words for signals, as envd prints an exit status. */
const SIGNAL_WORDS: Record<string, string> = {
  SIGABRT: 'aborted',
  SIGALRM: 'alarm clock',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGHUP: 'hangup',
  SIGILL: 'illegal instruction',
  SIGINT: 'interrupt',
  SIGKILL: 'killed',
  SIGPIPE: 'broken pipe',
  SIGQUIT: 'quit',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
  SIGTRAP: 'trace/breakpoint trap',
  SIGXFSZ: 'file size limit exceeded',
};

/** The processes that a sandbox was asked to run; the exit of each is kept for a while for late `connect`s. */
export class ProcessTable {
  readonly #control: string;
  readonly #retentionMs: number;
  readonly #entries = new Map<number, { process: SandboxProcess; connection: SupervisorConnection }>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(control: string, retentionMs: number) {
    this.#control = control;
    this.#retentionMs = retentionMs;
  }

  /** @throws SupervisorError `invalid_argument` for a cwd that is not there. */
  async start(spec: CommandSpec, listener: Listener): Promise<SandboxProcess> {
    const { cmd, args, env, cwd, stdin } = spec;
    const connection = await SupervisorConnection.open(this.#control, { op: 'exec', cmd, args, env, cwd, stdin });
    const frames = connection.frames();
    const first = await frames.next();
    if (first.done) {
      throw new RpcError('unavailable', 'the sandbox ended');
    }
    const { pid } = JSON.parse(first.value.payload.toString()) as { pid: number };
    const process: SandboxProcess = { pid, spec, listeners: new Set([listener]), ended: undefined };
    this.#entries.set(pid, { process, connection });
    const timeout = this.#limit(process);
    // Reading starts after this turn, so that the caller can announce the pid before any output.
    const retire = () => this.#retire(process, connection, timeout);
    setImmediate(() => this.#follow(process, frames).then(retire, retire));
    return process;
  }

  running(): SandboxProcess[] {
    return [...this.#entries.values()].map((entry) => entry.process).filter((process) => !process.ended);
  }

  /** By pid or tag, also one whose exit is still kept. @throws RpcError not_found */
  find(selector: { pid?: number; tag?: string }): SandboxProcess {
    return this.#entry(selector).process;
  }

  async signal(selector: { pid?: number; tag?: string }, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const { process } = this.#running(selector);
    await callSupervisor(this.#control, { op: 'signal', pid: process.pid, signal });
  }

  async sendInput(selector: { pid?: number; tag?: string }, data: Buffer): Promise<void> {
    await this.#withInput(selector).send('i', data);
  }

  async closeInput(selector: { pid?: number; tag?: string }): Promise<void> {
    const connection = this.#withInput(selector);
    await connection.send('c');
    const { process } = this.#running(selector);
    process.spec = { ...process.spec, stdin: false };
  }

  /** The jail is gone: everybody who listens learns it. */
  dispose(): void {
    for (const timer of this.#timers) {
      clearTimeout(timer);
    }
    for (const { process, connection } of this.#entries.values()) {
      connection.close();
      for (const listener of process.listeners) {
        listener.lost();
      }
    }
    this.#entries.clear();
  }

  #limit(process: SandboxProcess): NodeJS.Timeout | undefined {
    if (process.spec.timeoutMs === undefined) {
      return undefined;
    }
    return this.#later(process.spec.timeoutMs, () => {
      for (const listener of process.listeners) {
        if (listener.expired) {
          process.listeners.delete(listener);
          listener.expired();
        }
      }
      // Already gone is what was wanted.
      callSupervisor(this.#control, { op: 'signal', pid: process.pid, signal: 'SIGKILL' }).catch(() => {});
    });
  }

  async #follow(process: SandboxProcess, frames: AsyncGenerator<Frame>): Promise<void> {
    for await (const { letter, payload } of frames) {
      if (letter === 'X') {
        process.ended = endEvent(JSON.parse(payload.toString()) as { code?: number; signal?: string });
        continue;
      }
      const stream = letter === 'o' ? 'stdout' : 'stderr';
      await Promise.all([...process.listeners].map((listener) => listener.output(stream, payload)));
    }
  }

  #retire(process: SandboxProcess, connection: SupervisorConnection, timeout: NodeJS.Timeout | undefined): void {
    clearTimeout(timeout);
    connection.close();
    for (const listener of process.listeners) {
      process.ended ? listener.end(process.ended) : listener.lost();
    }
    process.listeners.clear();
    this.#later(this.#retentionMs, () => {
      if (this.#entries.get(process.pid)?.process === process) {
        this.#entries.delete(process.pid);
      }
    });
  }

  #later(milliseconds: number, action: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, milliseconds);
    timer.unref();
    this.#timers.add(timer);
    return timer;
  }

  #entry(selector: { pid?: number; tag?: string }) {
    const { pid, tag } = selector;
    const entry = [...this.#entries.values()].find(
      ({ process }) => process.pid === pid || (tag !== undefined && process.spec.tag === tag),
    );
    if (!entry) {
      throw new RpcError(
        'not_found',
        pid === undefined ? `process with tag ${tag} not found` : `process with pid ${pid} not found`,
      );
    }
    return entry;
  }

  #running(selector: { pid?: number; tag?: string }) {
    const entry = this.#entry(selector);
    if (entry.process.ended) {
      throw new RpcError('not_found', `process with pid ${entry.process.pid} not found`);
    }
    return entry;
  }

  #withInput(selector: { pid?: number; tag?: string }): SupervisorConnection {
    const { process, connection } = this.#running(selector);
    if (!process.spec.stdin) {
      throw new RpcError('internal', 'error writing to stdin: stdin not enabled or closed');
    }
    return connection;
  }
}

/** proto3 JSON leaves zero values out, hence no `exitCode` for 0 and no `exited` for a signal. */
function endEvent(outcome: { code?: number; signal?: string }): JsonObject {
  if (outcome.signal) {
    const status = `signal: ${SIGNAL_WORDS[outcome.signal] ?? outcome.signal}`;
    return { exitCode: -1, status, error: status };
  }
  const status = `exit status ${outcome.code}`;
  return outcome.code === 0
    ? { exited: true, status }
    : { exitCode: outcome.code ?? 0, exited: true, status, error: status };
}
