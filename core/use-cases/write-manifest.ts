import { artifactsOf } from '#core/api/job-view';
import type { Failure } from '#core/errors';
import type { Artifact } from '#core/job/artifact';
import type { Attempt, Job } from '#core/job/job';
import type { World } from '#core/ports/world';
import { storeArtifacts, withArtifacts } from './store-artifacts.ts';

/**
 * manifest.json of a round: the verdict or the failure it ended with, its attempts, and every stored file with its
 * sha256. Written before the status that ends the round, so that no end is without one. It has no status of the job,
 * because a review changes that afterwards. Returns the job's own artifacts with it.
 */
export async function writeManifest(
  world: Pick<World, 'artifacts' | 'clock'>,
  job: Job,
  attempts: readonly Attempt[],
  failure?: Failure,
): Promise<Artifact[]> {
  const manifest = {
    version: 1,
    job_id: job.id,
    round: job.round,
    failure: failure ?? null,
    repository: job.repository,
    base_sha: job.base_sha ?? null,
    verdict: job.verdict?.round === job.round ? job.verdict : null,
    attempts: attempts.map(({ n, round, model, strategy, status, failure, verified, diff, usage }) => {
      return { n, round, model, strategy, status, failure: failure ?? null, verified, diff: diff ?? null, usage };
    }),
    artifacts: artifactsOf(job, attempts),
    written_at: world.clock.at(),
  };
  const body = new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`);
  const place = { round: job.round, attempt: 'job' } as const;
  return withArtifacts(job.artifacts, await storeArtifacts(world, job, place, [{ name: 'manifest.json', body }]));
}
