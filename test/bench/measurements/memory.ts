import { setInterval } from 'node:timers/promises';
import type { StackMemory } from '#local/memory';
import { goodTurns } from '../../support/scripted-turns.ts';
import { type BenchStack, startBenchStack } from '../bench-stack.ts';
import type { Measurement, Reading } from '../measurement.ts';
import { jobStatus } from '../session-events.ts';
import { slowly } from '../slow-turns.ts';

const jobs = 10;
const sampleMs = 250;
const megabyte = 2 ** 20;

export const memory: Measurement = {
  name: 'memory',
  title: 'Memory of the local stack',
  method: `Memory of the stack’s process, and of all function processes together, with pages that processes share divided among them (PSS): the sum is what the machine gives away. "Resident" counts Node’s own code once more for each process. "At work" is the highest of samples every ${sampleMs} ms while ${jobs} jobs run at once, with models that answer after a second. Sandboxes are not in it: they are the agent’s own processes.`,
  async run(say) {
    const stack = await startBenchStack();
    try {
      const fresh = await stack.ask<StackMemory>('memory');
      say(`${jobs} jobs at once`);
      const peak = await peakWhile(stack, solveAll(stack));
      const after = await stack.ask<StackMemory>('memory');
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

/** The moment with the most, until the work is done. */
async function peakWhile(stack: BenchStack, work: Promise<void>): Promise<StackMemory> {
  let peak = await stack.ask<StackMemory>('memory');
  const done = new AbortController();
  const ended = work.finally(() => done.abort());
  try {
    for await (const _ of setInterval(sampleMs, undefined, { signal: done.signal })) {
      const now = await stack.ask<StackMemory>('memory');
      if (total(now) > total(peak)) peak = now;
    }
  } catch (error) {
    if (!done.signal.aborted) throw error;
  }
  await ended;
  return peak;
}

function total({ proportional }: StackMemory): number {
  return proportional.stack + proportional.functions;
}

function readings(when: string, memory: StackMemory): Reading[] {
  const { stack, functions, proportional } = memory;
  return [
    { label: `${when}: all`, unit: 'MB', value: total(memory) / megabyte },
    { label: `${when}: stack`, unit: 'MB', value: proportional.stack / megabyte },
    { label: `${when}: functions`, unit: 'MB', value: proportional.functions / megabyte },
    { label: `${when}: resident`, unit: 'MB', value: (stack + functions.residentBytes) / megabyte },
    { label: `${when}: function processes`, unit: 'processes', value: functions.processes },
  ];
}
