import { setInterval } from 'node:timers/promises';
import { goodTurns } from '../../support/scripted-turns.ts';
import { type BenchStack, startBenchStack } from '../bench-stack.ts';
import type { Measurement, Reading } from '../measurement.ts';
import { jobStatus } from '../session-events.ts';
import { slowly } from '../slow-turns.ts';

const jobs = 4;
const sampleMs = 250;
const megabyte = 2 ** 20;

interface Sample {
  /** Resident bytes of the stack's process. */
  stack: number;
  functions: { residentBytes: number; processes: number };
}

export const memory: Measurement = {
  name: 'memory',
  title: 'Memory of the local stack',
  method: `Resident memory of the stack’s process, and of all function processes together (pages that they share are counted in each). "At work" is the highest of samples every ${sampleMs} ms while ${jobs} jobs run at once, with models that answer after a second. Sandboxes are not in it: they are the agent’s own processes.`,
  async run(say) {
    const stack = await startBenchStack();
    try {
      const fresh = await stack.ask<Sample>('memory');
      say(`${jobs} jobs at once`);
      const peak = await peakWhile(stack, solveAll(stack));
      const after = await stack.ask<Sample>('memory');
      return [
        ...readings('just started', fresh),
        ...readings(`at work on ${jobs} jobs`, peak),
        ...readings('after them, functions still warm', after),
      ];
    } finally {
      await stack.stop();
    }
  },
};

async function solveAll(stack: BenchStack): Promise<void> {
  const one = async (user: number) => {
    const chat = await stack.chat(user);
    const { jobId } = await chat.solve(await chat.file(), slowly(goodTurns, 1_000));
    await chat.events.until(jobId, (event) => jobStatus(event) === 'awaiting_review');
  };
  await Promise.all(Array.from({ length: jobs }, (_, user) => one(user)));
}

/** The highest of each, until the work is done. */
async function peakWhile(stack: BenchStack, work: Promise<void>): Promise<Sample> {
  const peak: Sample = { stack: 0, functions: { residentBytes: 0, processes: 0 } };
  const done = new AbortController();
  const ended = work.finally(() => done.abort());
  try {
    for await (const _ of setInterval(sampleMs, undefined, { signal: done.signal })) {
      const { stack: resident, functions } = await stack.ask<Sample>('memory');
      peak.stack = Math.max(peak.stack, resident);
      peak.functions.residentBytes = Math.max(peak.functions.residentBytes, functions.residentBytes);
      peak.functions.processes = Math.max(peak.functions.processes, functions.processes);
    }
  } catch (error) {
    if (!done.signal.aborted) throw error;
  }
  await ended;
  return peak;
}

function readings(when: string, { stack, functions }: Sample): Reading[] {
  return [
    { label: `${when}: stack`, unit: 'MB', value: stack / megabyte },
    { label: `${when}: functions`, unit: 'MB', value: functions.residentBytes / megabyte },
    { label: `${when}: function processes`, unit: 'processes', value: functions.processes },
  ];
}
