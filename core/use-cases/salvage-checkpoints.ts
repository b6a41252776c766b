import type { Attempt, Job } from '#core/job/job';
import type { World } from '#core/ports/world';
import { readCheckpoints } from './checkpoint-files.ts';
import { storeArtifacts, withArtifacts } from './store-artifacts.ts';

/**
 * What an attempt saved before it ended without a Collect, as partial artifacts: its row's list with them. Final files
 * are never replaced. A failure is noted: the attempt ends all the same.
 */
export async function salvageCheckpoints(
  world: Pick<World, 'artifacts' | 'note'>,
  job: Job,
  attempt: Attempt,
): Promise<Attempt['artifacts']> {
  try {
    const owner = {
      tenant: job.tenant,
      job_id: job.id,
      round: attempt.round,
      attempt: attempt.n,
      mode: 'solve' as const,
    };
    const known = new Set(attempt.artifacts.map(({ name }) => name.slice(name.lastIndexOf('/') + 1)));
    const saved = [...(await readCheckpoints(world, owner))].filter(([name]) => !known.has(name));
    const files = saved.map(([name, body]) => ({ name, body, partial: true }));
    const place = { round: attempt.round, attempt: attempt.n };
    return withArtifacts(attempt.artifacts, await storeArtifacts(world, job, place, files));
  } catch (error) {
    world.note('checkpoints not kept', { level: 'warning', job_id: job.id, attempt: attempt.n, error });
    return attempt.artifacts;
  }
}
