import { expect, it } from 'vitest';
import { memoryOf } from '#local/memory';
import { withPermits } from '../support/altered-assembly.ts';
import { eventually } from '../support/eventually.ts';
import { startJourney } from '../support/journey.ts';
import { goodTurns } from '../support/scripted-turns.ts';
import { expectSoundJob } from '../support/sound-job.ts';

const jobs = 10;
/** Of the stack and its functions, the test runner around it included, without the jails. */
const mostMb = 2_000;
const megabytes = (bytes: number) => Math.round(bytes / 2 ** 20);

it('solves ten jobs at once on this machine', async () => {
  const journey = await startJourney({ timeScale: 1, alter: [withPermits({ user: jobs })] });
  try {
    let most = { sandboxes: 0, stackMb: 0, functionsMb: 0, allMb: 0, processes: 0 };
    const watching = setInterval(async () => {
      const { proportional, functions } = await memoryOf(journey.stack);
      const [stackMb, functionsMb] = [megabytes(proportional.stack), megabytes(proportional.functions)];
      most = {
        sandboxes: Math.max(most.sandboxes, journey.stack.e2b.sandboxes().length),
        stackMb: Math.max(most.stackMb, stackMb),
        functionsMb: Math.max(most.functionsMb, functionsMb),
        allMb: Math.max(most.allMb, stackMb + functionsMb),
        processes: Math.max(most.processes, functions.processes),
      };
    }, 500);
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
    console.table([{ jobs, seconds, ...most }]);
    expect(most.allMb).toBeLessThan(mostMb);
  } finally {
    await journey.stop();
  }
});
