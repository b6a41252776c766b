import { LostRace } from '#core/errors';
import type { Attempt, Job } from '#core/job/job';
import type { AttemptStatus } from '#core/job/lifecycle';
import type { AttemptChanges } from '#core/ports/attempt-store';
import type { World } from '#core/ports/world';
import { recordAttempts } from './record-transitions.ts';

/**
 * Writes an attempt's status and brings the log level with it. Whoever was faster wins: then the row as it is now comes
 * back, and the caller sees by its status what happened.
 */
export async function moveAttempt(
  world: Pick<World, 'attempts' | 'log' | 'live' | 'note'>,
  job: Job,
  attempt: Attempt,
  to: AttemptStatus,
  changes: AttemptChanges,
  data?: Record<string, unknown>,
): Promise<Attempt> {
  const moved = await moveOrRead(world, attempt, to, changes, data);
  await recordAttempts(world, job, [moved]);
  return moved;
}

async function moveOrRead(
  world: Pick<World, 'attempts'>,
  attempt: Attempt,
  to: AttemptStatus,
  changes: AttemptChanges,
  data?: Record<string, unknown>,
): Promise<Attempt> {
  try {
    return await world.attempts.transition(attempt, to, changes, data);
  } catch (error) {
    if (!(error instanceof LostRace)) throw error;
    const now = await world.attempts.get(attempt.tenant, attempt.job_id, attempt.n);
    if (now === undefined) throw error;
    return now;
  }
}
