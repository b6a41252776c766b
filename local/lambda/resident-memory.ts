import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Bytes of a process with those that it shares divided among the sharers (PSS): the sum over processes is what the machine
 * has given away. Resident bytes count Node's own code once per process. Where the system does not tell: those.
 */
export async function proportionalBytes(pid: number): Promise<number> {
  if (process.platform !== 'linux') return await residentBytes(pid);
  try {
    const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) * 1024;
  } catch {
    // Gone in between, as below.
    return 0;
  }
}

/** Resident bytes of a process; 0 if it is gone. */
export async function residentBytes(pid: number): Promise<number> {
  try {
    if (process.platform !== 'linux') return Number((await run('ps', ['-o', 'rss=', '-p', String(pid)])).stdout) * 1024;
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    // Between the look and the read the process may end; its exit is told elsewhere.
    return 0;
  }
}
