import { type Failure, failure, LostRace } from '#core/errors';
import type { Attempt, Job } from '#core/job/job';
import { hasAttemptEnded } from '#core/job/lifecycle';
import type { World } from '#core/ports/world';
import type { CleanupInput } from '#core/workflow/steps';
import { giveBackSlots } from './give-back.ts';
import { settleBudget } from './job-budget.ts';
import { keepCancelled } from './keep-cancelled.ts';
import { killListed } from './kill-sandbox.ts';
import { moveAttempt } from './move-attempt.ts';
import { noteCost } from './note-cost.ts';
import { recordAttempts, recordTransitions } from './record-transitions.ts';
import { salvageCheckpoints } from './salvage-checkpoints.ts';
import { executionOf } from './start-execution.ts';
import { writeManifest } from './write-manifest.ts';

type Ports = Pick<
  World,
  | 'clock'
  | 'installation'
  | 'note'
  | 'jobs'
  | 'attempts'
  | 'sandboxRows'
  | 'sandboxes'
  | 'artifacts'
  | 'permits'
  | 'attemptTokens'
  | 'queue'
  | 'budgets'
  | 'meter'
  | 'executions'
  | 'log'
  | 'live'
>;

/**
 * The outer layers' end of a job whose workflow failed, was stopped or was never there. Idempotent, and several may run
 * at once: every write names what it expects.
 *
 * 1. Another dispatch, or another execution than the event's → only the sandboxes of that dispatch.
 * 2. Open attempts end first, with what they had saved: a step that is still running finds them ended and kills what it
 *    has just made. The log is level with all of them.
 * 3. Sandboxes: those the rows know, and those the provider lists.
 * 4. manifest.json; cancelling → cancelled, running → failed.
 * 5. Money settled, tokens revoked, slots given back.
 */
export async function cleanupJob(world: Ports, input: CleanupInput): Promise<void> {
  const job = await world.jobs.get(input.tenant, input.job_id);
  if (job === undefined) return;
  const foreign = input.execution_arn !== undefined && input.execution_arn !== executionOf(world, job);
  // Queued again under the same number: its slots are given back already, and may be the next dispatch's by now.
  if (foreign || job.dispatch !== input.dispatch || job.status === 'queued') {
    // The same number under another execution would be this job's own sandboxes.
    if (job.dispatch !== input.dispatch || !foreign) await killListed(world, job, input.dispatch);
    return;
  }
  const atWork = job.status === 'running' || job.status === 'cancelling';
  const why = failureOf(input.reason);
  if (atWork) await endAttempts(world, job, why);
  const attempts = await world.attempts.list(job.tenant, job.id);
  await recordAttempts(world, job, attempts);
  await killListed(world, job, input.dispatch);
  const ended = atWork ? await end(world, job, attempts, why) : job;
  await settleBudget(world, ended, attempts);
  await giveBackSlots(world, ended, attempts);
}

async function endAttempts(world: Ports, job: Job, why: Failure): Promise<void> {
  const attempts = await world.attempts.list(job.tenant, job.id);
  for (const attempt of attempts) {
    if (attempt.round === job.round && attempt.status === 'cancelled') await keepCancelled(world, job, attempt);
    if (attempt.round !== job.round || hasAttemptEnded(attempt.status)) continue;
    const changes = { artifacts: await salvageCheckpoints(world, job, attempt), finished_at: world.clock.at() };
    if (job.status === 'cancelling') await moveAttempt(world, job, attempt, 'cancelled', changes);
    else await moveAttempt(world, job, attempt, 'failed', { ...changes, failure: why }, { failure: why });
  }
}

/** A lost race is the end that somebody else wrote, or the cancel that came meanwhile: then once more on what it is now. */
async function end(world: Ports, job: Job, attempts: readonly Attempt[], why: Failure): Promise<Job> {
  const cancelled = job.status === 'cancelling';
  const to = cancelled ? 'cancelled' : 'failed';
  try {
    const artifacts = await writeManifest(world, job, attempts, cancelled ? undefined : why);
    const changes = { artifacts, finished_at: world.clock.at(), deadline: null };
    const data = cancelled ? { reason: job.cancel_reason } : { failure: why };
    const ended = await world.jobs.transition(job, to, cancelled ? changes : { ...changes, failure: why }, data);
    await recordTransitions(world, ended);
    await noteCost(world, ended, attempts);
    return ended;
  } catch (error) {
    if (!(error instanceof LostRace)) throw error;
    const now = await world.jobs.get(job.tenant, job.id);
    if (now?.status === 'cancelling' && !cancelled) return await end(world, now, attempts, why);
    return now ?? job;
  }
}

/** The reason is `<error name>: <cause>`; a cause may hold internals, so only the name is shown. */
function failureOf(reason: string): Failure {
  const name = reason.split(':')[0]?.trim() ?? '';
  if (/timeout|timed_?out|deadline/i.test(name)) return failure('timed_out', 'The job did not end in its time.');
  return failure('internal', `The workflow of the job failed (${name.slice(0, 100) || 'no reason given'}).`);
}
