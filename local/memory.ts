import { proportionalBytes } from './lambda/resident-memory.ts';
import type { Stack } from './stack.ts';

/** Bytes that the stack holds, without its sandboxes. `proportional`: shared pages divided among who shares them. */
export interface StackMemory {
  /** Resident bytes of this process. */
  stack: number;
  functions: { processes: number; residentBytes: number; coldStarts: number; invocations: number };
  proportional: { stack: number; functions: number };
}

export async function memoryOf({ lambdas }: Stack): Promise<StackMemory> {
  const { pids, ...functions } = lambdas.stats();
  const [stack = 0, ...each] = await Promise.all([process.pid, ...pids].map(proportionalBytes));
  const sum = each.reduce((total, bytes) => total + bytes, 0);
  return { stack: process.memoryUsage().rss, functions, proportional: { stack, functions: sum } };
}
