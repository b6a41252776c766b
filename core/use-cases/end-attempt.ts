import { slotName } from '#core/ids';
import { attemptFailure } from '#core/job/attempt-failure';
import type { Attempt, Job, SandboxRow } from '#core/job/job';
import { hasAttemptEnded } from '#core/job/lifecycle';
import type { World } from '#core/ports/world';
import type { AttemptResult, EndAttemptInput } from '#core/workflow/steps';
import { keepCancelled } from './keep-cancelled.ts';
import { killSandboxes } from './kill-sandbox.ts';
import { moveAttempt } from './move-attempt.ts';
import { releasePermits } from './release-permits.ts';
import { revokeTokens } from './revoke-tokens.ts';
import { salvageCheckpoints } from './salvage-checkpoints.ts';
import { isOfDispatch } from './step-rows.ts';

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
  | 'log'
  | 'live'
>;

/**
 * The end of a Map iteration, whatever happened in it. It throws for nothing that it finds, only where a store is down.
 *
 * 1. Kill the attempt's sandboxes of this dispatch; revoke their tokens.
 * 2. End the attempt by what it had reached: verifying → solved, though unverified; never got a sandbox because the
 *    provider was busy → it stays waiting (`refused`), Finish decides for all; else failed, or cancelled with the job.
 *    Cancelled by itself before: what it had saved is kept.
 * 3. Give the slot back, unless it is slot 0, which belongs to the job, or a kill is not confirmed: then the lease
 *    has to run out.
 */
export async function endAttempt(world: Ports, input: EndAttemptInput): Promise<AttemptResult> {
  const [job, attempt, all] = await Promise.all([
    world.jobs.get(input.tenant, input.job_id),
    world.attempts.get(input.tenant, input.job_id, input.attempt),
    world.sandboxRows.list(input.tenant, input.job_id),
  ]);
  const rows = all.filter((row) => row.attempt === input.attempt && row.dispatch === input.dispatch);
  const dead = await killSandboxes(world, rows);
  await revokeTokens(world, rows);
  // Another dispatch has taken over: attempt and slot are its own.
  const ours = isOfDispatch(job, input, 'cancelling');
  if (job === undefined || attempt === undefined || !ours) return resultOf(attempt, input.attempt, false);
  const refused = isRefused(input, job, attempt, rows);
  const ended = refused ? attempt : await endedOf(world, input, job, attempt);
  if (dead && input.slot > 0) await releasePermits(world, job, [slotName(job.id, job.round, input.slot)]);
  return resultOf(ended, input.attempt, refused);
}

function isRefused(input: EndAttemptInput, job: Job, attempt: Attempt, rows: readonly SandboxRow[]): boolean {
  const never = attempt.status === 'waiting' && rows.every((row) => row.sandbox_id === undefined);
  return never && input.error === 'ProviderBusy' && job.status === 'running';
}

async function endedOf(world: Ports, input: EndAttemptInput, job: Job, attempt: Attempt): Promise<Attempt> {
  if (attempt.status === 'cancelled') return await keepCancelled(world, job, attempt);
  return hasAttemptEnded(attempt.status) ? attempt : await ending(world, input, job, attempt);
}

async function ending(world: Ports, input: EndAttemptInput, job: Job, attempt: Attempt): Promise<Attempt> {
  const changes = { artifacts: await salvageCheckpoints(world, job, attempt), finished_at: world.clock.at() };
  if (job.status === 'cancelling' || input.error === 'Cancelled') {
    return await moveAttempt(world, job, attempt, 'cancelled', changes);
  }
  if (attempt.status === 'verifying') {
    const reason = `The verification was skipped: ${input.error ?? 'the sandbox before it was not dead for sure'}.`;
    return await moveAttempt(world, job, attempt, 'solved', changes, { verified: false, reason });
  }
  const why = attemptFailure({ error: input.error, cause: input.cause });
  return await moveAttempt(world, job, attempt, 'failed', { ...changes, failure: why }, { failure: why });
}

function resultOf(attempt: Attempt | undefined, n: number, refused: boolean): AttemptResult {
  return {
    attempt: n,
    status: attempt?.status ?? 'failed',
    verified: attempt?.verified ?? false,
    repro: attempt?.artifacts.some(({ name }) => name.endsWith('/repro.tar')) ?? false,
    refused,
  };
}
