import type { Attempt, Job } from '#core/job/job';
import type { World } from '#core/ports/world';
import { recordAttempts } from './record-transitions.ts';
import { salvageCheckpoints } from './salvage-checkpoints.ts';

/**
 * The last step of an attempt that was cancelled by itself, from outside of its workflow: its end is in the log, and
 * what it had saved is listed if no Collect has taken its files.
 */
export async function keepCancelled(
  world: Pick<World, 'attempts' | 'artifacts' | 'log' | 'live' | 'note'>,
  job: Job,
  attempt: Attempt,
): Promise<Attempt> {
  await recordAttempts(world, job, [attempt]);
  if (attempt.artifacts.length > 0) return attempt;
  const artifacts = await salvageCheckpoints(world, job, attempt);
  if (artifacts.length > 0) await world.attempts.change(attempt, { artifacts });
  return { ...attempt, artifacts };
}
