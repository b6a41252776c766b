import { LostRace, PatchbayError } from '#core/errors';
import type { Job } from '#core/job/job';
import type { World } from '#core/ports/world';
import { type Caller, ownJob } from './ownership.ts';

/**
 * What a person does to a job, on the job as it is. When somebody moves it between our read and our write, `act`
 * decides again on what it is then.
 *
 * @throws PatchbayError not_found, conflict, and what `act` throws
 */
export async function onOwnJob(
  world: Pick<World, 'jobs'>,
  input: { caller: Caller; job_id: string },
  act: (job: Job) => Promise<Job>,
): Promise<Job> {
  for (let round = 0; round < 5; round += 1) {
    const job = await ownJob(world, input.caller, input.job_id);
    try {
      return await act(job);
    } catch (error) {
      if (!(error instanceof LostRace)) throw error;
    }
  }
  throw new PatchbayError('conflict', 'The job changes its state faster than anybody can act on it.', {
    retryAfter: 1,
  });
}
