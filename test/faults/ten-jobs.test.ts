import { expect, it } from 'vitest';
import { withPermits } from '../support/altered-assembly.ts';
import { eventually } from '../support/eventually.ts';
import { startJourney } from '../support/journey.ts';
import { goodTurns } from '../support/scripted-turns.ts';
import { expectSoundJob } from '../support/sound-job.ts';

const jobs = 10;

it('solves ten jobs at once on this machine', async () => {
  const journey = await startJourney({ timeScale: 1, alter: [withPermits({ user: jobs })] });
  try {
    let most = { sandboxes: 0, functionsMb: 0, processes: 0 };
    const watching = setInterval(() => {
      const { residentBytes, processes } = journey.stack.lambdas.stats();
      most = {
        sandboxes: Math.max(most.sandboxes, journey.stack.e2b.sandboxes().length),
        functionsMb: Math.max(most.functionsMb, Math.round(residentBytes / 2 ** 20)),
        processes: Math.max(most.processes, processes),
      };
    }, 200);
    const began = Date.now();
    const started = await Promise.all(Array.from({ length: jobs }, () => journey.solve(goodTurns)));
    for (const { job } of started) await journey.until(job.id, ({ status }) => status === 'awaiting_review', 280);
    const seconds = Math.round((Date.now() - began) / 1_000);
    clearInterval(watching);
    await eventually('nothing is held any more', async () => (await journey.held()) === 0);

    for (const { job } of started) {
      const { attempts } = await expectSoundJob(journey, job.id);
      expect(attempts).toMatchObject([{ status: 'solved', verified: true }]);
    }
    expect(journey.stack.iam.report().denials).toEqual([]);
    console.table([{ jobs, seconds, stackMb: Math.round(process.memoryUsage().rss / 2 ** 20), ...most }]);
  } finally {
    await journey.stop();
  }
});
