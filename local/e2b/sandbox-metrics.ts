import type { Sandbox } from './sandbox.ts';
import { MACHINE } from './sandbox-view.ts';
import { callSupervisor } from './supervisor-connection.ts';

const MEBIBYTE = 1024 * 1024;

/** A measurement as `GET …/metrics` answers it, taken now. */
export interface Metrics {
  timestamp: string;
  timestampUnix: number;
  cpuCount: number;
  cpuUsedPct: number;
  memUsed: number;
  memTotal: number;
  memCache: number;
  diskUsed: number;
  diskTotal: number;
}

/** Processor use is the average since the start: nothing is sampled between calls. */
export async function measureSandbox(sandbox: Sandbox): Promise<Metrics> {
  const usage = (await callSupervisor(sandbox.control, { op: 'usage' })) as { memory: number; cpuSeconds: number };
  const diskUsed = await measureDisk(sandbox);
  const now = new Date();
  const seconds = Math.max(0.001, (now.getTime() - sandbox.startedAt.getTime()) / 1000);
  return {
    timestamp: now.toISOString(),
    timestampUnix: Math.floor(now.getTime() / 1000),
    cpuCount: MACHINE.cpuCount,
    cpuUsedPct: Math.round((10_000 * usage.cpuSeconds) / seconds / MACHINE.cpuCount) / 100,
    memUsed: usage.memory,
    memTotal: MACHINE.memoryMB * MEBIBYTE,
    memCache: 0,
    diskUsed,
    diskTotal: MACHINE.diskSizeMB * MEBIBYTE,
  };
}

/** What the writable folders of a sandbox hold, in bytes. */
export async function measureDisk(sandbox: Sandbox): Promise<number> {
  const { disk } = await callSupervisor(sandbox.control, { op: 'disk', roots: diskRoots(sandbox) });
  return Number(disk);
}

/** Everything that a sandbox can write to, without what lies in another of them. */
function diskRoots(sandbox: Sandbox): string[] {
  return sandbox.workspace.startsWith(`${sandbox.home}/`) ? [sandbox.home] : [sandbox.home, sandbox.workspace, '/tmp'];
}
