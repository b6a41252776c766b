import { hasJobEnded, type JobStatus } from '#core/job/lifecycle';
import { withPermits } from '../../support/altered-assembly.ts';
import { eventually } from '../../support/eventually.ts';
import { submitTurn, thinkingTurn } from '../../support/scripted-turns.ts';
import { type BenchStack, type Chat, startBenchStack } from '../bench-stack.ts';
import type { Measurement, Reading } from '../measurement.ts';
import { jobStatus } from '../session-events.ts';
import { percentile } from '../statistics.ts';

/** Requests in flight → bursts of so many. */
const bursts = [
  { inFlight: 1, times: 20 },
  { inFlight: 10, times: 4 },
  { inFlight: 100, times: 1 },
] as const;

export const solveLatency: Measurement = {
  name: 'solve-latency',
  title: 'POST /solve with many requests in flight',
  method:
    'From the request to the whole 202, by one client on loopback, on a warm API. The installation’s only permit is held by a job whose model never answers, so every accepted job waits in line and no sandbox starts meanwhile; after each burst its jobs are cancelled. The laptop runs at most two processes of a function, each serving one request at a time: from the third request in flight on, the figure holds the wait for one of them. AWS starts more.',
  async run(say) {
    const stack = await startBenchStack({ alter: [withPermits({ user: 1, tenant: 1, install: 1 })] });
    try {
      await holdThePermit(stack);
      const readings: Reading[] = [];
      // Each in a tenant of its own, where 50 may wait.
      const chats = [await stack.chat(1), await stack.chat(2)];
      for (const { inFlight, times } of bursts) {
        say(`${times} × ${inFlight} in flight`);
        await burst(chats, 1);
        const ms = [];
        for (let time = 0; time < times; time += 1) ms.push(...(await burst(chats, inFlight)));
        for (const [name, p] of Object.entries({ p50: 0.5, p95: 0.95 }))
          readings.push({ label: `${inFlight} in flight: ${name}`, unit: 'ms', value: percentile(ms, p) });
      }
      return readings;
    } finally {
      await stack.stop();
    }
  },
};

async function holdThePermit(stack: BenchStack): Promise<void> {
  const holder = await stack.chat(0);
  const { jobId } = await holder.solve(await holder.file(), [thinkingTurn]);
  await holder.events.until(jobId, (event) => jobStatus(event) === 'running');
  await holder.events.until(jobId, ({ type }) => type === 'plan_started');
}

/** ms of each request, all sent at once; their jobs have ended when it returns. */
async function burst(chats: Chat[], inFlight: number): Promise<number[]> {
  const issues: { chat: Chat; issueId: string }[] = [];
  while (issues.length < inFlight)
    for (const chat of chats.slice(0, inFlight - issues.length)) issues.push({ chat, issueId: await chat.file() });
  const timed = issues.map(async ({ chat, issueId }) => {
    const began = performance.now();
    const { jobId } = await chat.solve(issueId, [submitTurn]);
    return { chat, jobId, ms: performance.now() - began };
  });
  const solved = await Promise.all(timed);
  for (const { chat, jobId } of solved) await chat.api.call('cancelJob', { params: { job_id: jobId } });
  for (const { chat, jobId } of solved) await eventually('the job has ended', () => hasEnded(chat, jobId));
  return solved.map(({ ms }) => ms);
}

async function hasEnded({ api }: Chat, jobId: string): Promise<boolean> {
  return hasJobEnded((await api.call('getJob', { params: { job_id: jobId } })).status as JobStatus);
}
