import { isMilestone } from '#core/job/milestone';
import { goodTurns } from '../../support/scripted-turns.ts';
import { startBenchStack } from '../bench-stack.ts';
import type { Measurement } from '../measurement.ts';
import { jobStatus } from '../session-events.ts';
import { percentile } from '../statistics.ts';

const jobs = 5;

export const milestoneLatency: Measurement = {
  name: 'milestone-latency',
  title: 'From a milestone to the client',
  method: `From the event’s \`at\` (stamped where it happens: in the runner, or by the function that wrote the status) to its receipt on the session’s socket: callback, append to the log and push in between. All milestones of ${jobs} jobs one after another, after one job that is not counted. The clocks are the same one.`,
  async run(say) {
    const stack = await startBenchStack();
    try {
      const chat = await stack.chat(0);
      const late: number[] = [];
      for (let job = 0; job <= jobs; job += 1) {
        say(job === 0 ? 'a job to warm up' : `job ${job} of ${jobs}`);
        const { jobId } = await chat.solve(await chat.file(), goodTurns);
        await chat.events.until(jobId, (event) => jobStatus(event) === 'awaiting_review');
        const milestones = chat.events.of(jobId).filter(({ event }) => isMilestone(event.type));
        if (job > 0) late.push(...milestones.map(({ event, receivedAt }) => receivedAt - Date.parse(event.at)));
      }
      return [
        { label: 'p50', unit: 'ms', value: percentile(late, 0.5) },
        { label: 'p95', unit: 'ms', value: percentile(late, 0.95) },
        { label: 'milestones', unit: 'samples', value: late.length },
      ];
    } finally {
      await stack.stop();
    }
  },
};
