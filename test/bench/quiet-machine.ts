import { availableParallelism, cpus, loadavg } from 'node:os';
import { setTimeout } from 'node:timers/promises';

/** Figures taken above this load (1 minute) are shown and not kept. */
export const quietLoad = 1.5;
const busyCores = 0.3;
const lookMs = 2_000;
const mostLooks = 60;

/**
 * The load before the first measurement. What is left in the average of work that has ended is waited for;
 * work that goes on is not.
 */
export async function loadBefore(say: (line: string) => void): Promise<number> {
  for (let look = 0; look < mostLooks && load() >= quietLoad; look += 1) {
    const busy = await busyNow();
    if (busy > busyCores) {
      say(`the machine is busy: ${busy.toFixed(1)} of ${availableParallelism()} cores`);
      break;
    }
    say(`waiting for the load to fall: ${load().toFixed(2)}`);
  }
  return load();
}

function load(): number {
  return loadavg()[0] ?? 0;
}

/** Cores at work, over a short while. */
async function busyNow(): Promise<number> {
  const spent = () => cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
  const before = spent();
  await setTimeout(lookMs);
  return (spent() - before) / lookMs;
}
