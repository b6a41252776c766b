import { isAbsolute, join } from 'node:path';
import * as z from 'zod';
import type { JsonObject } from '#local/parts';
import type { ServerStream } from './connect-protocol.ts';
import type { CommandSpec, Listener, SandboxProcess } from './process-table.ts';
import { asRpcError, RpcError } from './rpc-error.ts';
import type { Sandbox } from './sandbox.ts';

/** What a call knows beside its message. */
export interface RpcContext {
  sandbox: Sandbox;
  /** Whom the call runs as; every user is the one user of a jail. */
  user: string;
  /** From `Connect-Timeout-Ms`, already scaled; undefined: none. */
  timeoutMs: number | undefined;
  /** From `Keepalive-Ping-Interval`. */
  keepaliveMs: number;
}

const selectorSchema = z.union([z.object({ pid: z.number() }), z.object({ tag: z.string() })]);
const selecting = z.object({ process: selectorSchema });

const startSchema = z.object({
  process: z.object({
    cmd: z.string(),
    args: z.array(z.string()).default([]),
    envs: z.record(z.string(), z.string()).default({}),
    cwd: z.string().optional(),
  }),
  stdin: z.boolean().default(true),
  pty: z.unknown().optional(),
  tag: z.string().optional(),
});

const signalSchema = selecting.extend({ signal: z.enum(['SIGNAL_SIGKILL', 'SIGNAL_SIGTERM']) });
const inputSchema = selecting.extend({ input: z.object({ stdin: z.base64() }) });

/** envd's unary calls about processes, by method name. */
export const PROCESS_CALLS: Record<string, (context: RpcContext, message: JsonObject) => Promise<JsonObject>> = {
  List: async ({ sandbox }) => {
    const processes = sandbox.processes.running().map(({ pid, spec }) => ({
      config: spec.shown,
      pid,
      ...(spec.tag === undefined ? {} : { tag: spec.tag }),
    }));
    return processes.length === 0 ? {} : { processes };
  },
  SendSignal: async ({ sandbox }, message) => {
    const { process, signal } = parse(signalSchema, message);
    await sandbox.processes.signal(process, signal === 'SIGNAL_SIGKILL' ? 'SIGKILL' : 'SIGTERM');
    return {};
  },
  SendInput: async ({ sandbox }, message) => {
    const { process, input } = parse(inputSchema, message);
    await sandbox.processes.sendInput(process, Buffer.from(input.stdin, 'base64'));
    return {};
  },
  CloseStdin: async ({ sandbox }, message) => {
    await sandbox.processes.closeInput(parse(selecting, message).process);
    return {};
  },
};

/** envd's server streams about processes, by method name. */
export const PROCESS_STREAMS: Record<
  string,
  (context: RpcContext, message: JsonObject, stream: ServerStream) => Promise<void>
> = { Start: start, Connect: connect };

async function start(context: RpcContext, message: JsonObject, stream: ServerStream): Promise<void> {
  const { process: wanted, stdin, pty, tag } = parse(startSchema, message);
  if (pty) {
    throw new RpcError('unimplemented', 'pseudo terminals are not part of this server');
  }
  const listener = listen(stream, context.keepaliveMs);
  listener.expired = () => stream.end(new RpcError('deadline_exceeded', 'context deadline exceeded'));
  const spec: CommandSpec = {
    cmd: wanted.cmd,
    args: wanted.args,
    env: environmentOf(context, wanted.envs),
    cwd: folderOf(context.sandbox, wanted.cwd),
    stdin,
    shown: shownConfig(wanted),
    tag,
    timeoutMs: context.timeoutMs,
  };
  const process = await context.sandbox.processes.start(spec, listener).catch((error) => {
    throw asRpcError(error);
  });
  stream.onClose(() => process.listeners.delete(listener));
  await stream.send({ event: { start: { pid: process.pid } } });
}

/** New output only: nothing is replayed. An exit that is still kept is told at once. */
async function connect(context: RpcContext, message: JsonObject, stream: ServerStream): Promise<void> {
  const process: SandboxProcess = context.sandbox.processes.find(parse(selecting, message).process);
  const listener = listen(stream, context.keepaliveMs);
  await stream.send({ event: { start: { pid: process.pid } } });
  if (process.ended) {
    listener.end(process.ended);
    return;
  }
  process.listeners.add(listener);
  stream.onClose(() => process.listeners.delete(listener));
  if (context.timeoutMs !== undefined) {
    const timer = setTimeout(
      () => stream.end(new RpcError('deadline_exceeded', 'context deadline exceeded')),
      context.timeoutMs,
    );
    stream.onClose(() => clearTimeout(timer));
  }
}

function listen(stream: ServerStream, keepaliveMs: number): Listener {
  const keepalive = setInterval(() => {
    if (stream.silence >= keepaliveMs) {
      void stream.send({ event: { keepalive: {} } });
    }
  }, keepaliveMs / 2).unref();
  stream.onClose(() => clearInterval(keepalive));
  return {
    output: (name, data) => stream.send({ event: { data: { [name]: data.toString('base64') } } }),
    end: (event) => {
      void stream.send({ event: { end: event } });
      stream.end();
    },
    lost: () => stream.cut(),
  };
}

/** The call's variables win over the sandbox's, and those over what every command gets. */
function environmentOf({ sandbox, user }: RpcContext, envs: Record<string, string>): Record<string, string> {
  return { ...sandbox.baseEnv, USER: user, LOGNAME: user, ...sandbox.request.envs, ...envs };
}

function folderOf(sandbox: Sandbox, cwd: string | undefined): string {
  const path = (cwd ?? '').replace(/^~(?=\/|$)/, sandbox.home);
  return isAbsolute(path) ? path : join(sandbox.home, path);
}

/** Of the environment only what the call named, as `List` answers it. */
function shownConfig({ cmd, args, envs, cwd }: z.infer<typeof startSchema>['process']): JsonObject {
  return {
    cmd,
    ...(args.length > 0 ? { args } : {}),
    ...(Object.keys(envs).length > 0 ? { envs } : {}),
    ...(cwd ? { cwd } : {}),
  };
}

function parse<T>(schema: z.ZodType<T>, message: JsonObject): T {
  const result = schema.safeParse(message);
  if (!result.success) {
    throw new RpcError('invalid_argument', z.prettifyError(result.error));
  }
  return result.data;
}
