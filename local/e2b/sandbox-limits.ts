import type { Sandbox } from './sandbox.ts';
import type { SandboxFleet } from './sandbox-fleet.ts';
import type { SandboxHost } from './sandbox-host.ts';
import { measureDisk } from './sandbox-metrics.ts';
import { callSupervisor } from './supervisor-connection.ts';

/** What one sandbox may use. */
export interface SandboxLimits {
  memoryBytes: number;
  diskBytes: number;
  /** Also the number of threads of a user, where the kernel enforces it (not for root). */
  processes: number;
  /** The largest file. */
  fileBytes: number;
  openFiles: number;
}

const GIBIBYTE = 1024 ** 3;

export const DEFAULT_LIMITS: SandboxLimits = {
  memoryBytes: 4 * GIBIBYTE,
  diskBytes: 10 * GIBIBYTE,
  processes: 2048,
  fileBytes: 4 * GIBIBYTE,
  openFiles: 65_536,
};

const LOOK_MS = 1_000;

/** A walk over a large tree takes seconds of a processor: it may use one twentieth of it. */
const WALK_SHARE = 20;
const WALK_MINIMUM_MS = 2_000;

/** What the last walk found. */
interface Walk {
  disk: number;
  /** It is over its limit, and was less so before. */
  filling: boolean;
  /** ms since the epoch: when to walk again. */
  next: number;
}

const unknown: Walk = { disk: 0, filling: false, next: 0 };

/**
 * Looks at every sandbox once a second. Over memory its largest process dies, over processes every one does. Where the
 * disk is full and still fills, the process that wrote most dies, and if it fills on, every one; uploads answer 507 until
 * there is room again.
 * @returns what ends the watch.
 */
export function watchLimits(fleet: SandboxFleet, host: SandboxHost): () => void {
  const walks = new WeakMap<Sandbox, Walk>();
  const busy = new WeakSet<Sandbox>();
  const look = (sandbox: Sandbox) => {
    busy.add(sandbox);
    lookAt(sandbox, host, walks)
      // It may end while it is looked at; then there is nothing to limit.
      .catch(() => {})
      .finally(() => busy.delete(sandbox));
  };
  const timer = setInterval(() => {
    for (const sandbox of fleet.all().filter((candidate) => !busy.has(candidate))) {
      look(sandbox);
    }
  }, LOOK_MS).unref();
  return () => clearInterval(timer);
}

async function lookAt(sandbox: Sandbox, host: SandboxHost, walks: WeakMap<Sandbox, Walk>): Promise<void> {
  const { memoryBytes, processes, diskBytes } = host.limits;
  const before = walks.get(sandbox) ?? unknown;
  const looked = Date.now() >= before.next;
  const now = looked ? await walk(sandbox, diskBytes, before) : before;
  walks.set(sandbox, now);
  sandbox.overDisk = now.disk > diskBytes;
  const disk = !(looked && now.filling) ? 'fine' : before.filling ? 'full' : 'filling';
  const limits = { memoryLimit: memoryBytes, processLimit: processes, disk };
  const { killed } = await callSupervisor(sandbox.control, { op: 'usage', ...limits });
  if (killed) {
    host.log(`${sandbox.id} is over a limit: killed ${killed}`);
  }
}

async function walk(sandbox: Sandbox, limit: number, before: Walk): Promise<Walk> {
  const started = Date.now();
  const disk = await measureDisk(sandbox);
  const pause = disk > limit ? LOOK_MS : Math.max(WALK_MINIMUM_MS, (Date.now() - started) * WALK_SHARE);
  return { disk, filling: disk > limit && disk > before.disk, next: Date.now() + pause };
}
