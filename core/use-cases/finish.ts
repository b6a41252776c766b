import { Cancelled, failure } from '#core/errors';
import { mostTelling } from '#core/job/attempt-failure';
import type { Attempt, Job } from '#core/job/job';
import { permitScopes } from '#core/job/permit-scopes';
import { testCounts } from '#core/job/test-notes';
import type { World } from '#core/ports/world';
import { providerBusy, waitingSeconds } from '#core/workflow/limits';
import type { FinishInput, FinishResult } from '#core/workflow/steps';
import { freeSlots, giveBackSlots } from './give-back.ts';
import { settleBudget } from './job-budget.ts';
import { moveAttempt } from './move-attempt.ts';
import { noteCost } from './note-cost.ts';
import { noteDiffOnIssue } from './note-diff-on-issue.ts';
import { recordAttempts, recordTransitions } from './record-transitions.ts';
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
  | 'sessions'
  | 'budgets'
  | 'meter'
  | 'log'
  | 'live'
>;

/**
 * The end of a round.
 *
 * 1. The job at work under this dispatch. Ended by an earlier try of this step → only 5 and 6 again. Else Cancelled.
 * 2. Every attempt that nobody cancelled was refused by a busy provider → slots back, then running → queued, at its old
 *    place in the line.
 * 3. Attempts that were refused while others ran fail as provider_busy.
 * 4. The log level with every attempt's row; manifest.json; a winner → awaiting_review, none → failed with the most
 *    telling of the attempts' failures; every attempt cancelled by itself → cancelling → cancelled, as the job's own
 *    cancel would have ended it.
 * 5. The winner's summary on the issue.
 * 6. Money settled; sandboxes dead and tokens revoked; slots given back, the next job of the line is woken.
 */
export async function finish(world: Ports, input: FinishInput): Promise<FinishResult> {
  const job = await world.jobs.get(input.tenant, input.job_id);
  if (job === undefined || job.round !== input.round || job.dispatch !== input.dispatch) {
    throw new Cancelled(`${input.job_id} is not at work under dispatch ${input.dispatch} any more`);
  }
  if (job.status === 'queued') return { status: 'queued' };
  const before = await roundOf(world, job);
  if (job.status !== 'running') return await afterEnd(world, job, before);
  const open = before.filter(({ status }) => status === 'waiting');
  const wanted = before.filter(({ status }) => status !== 'cancelled');
  if (wanted.length > 0 && open.length === wanted.length) return await backToLine(world, job, before);
  const busy = failure('provider_busy', 'The sandbox provider had no slot for this attempt.');
  for (const attempt of open) {
    const changes = { failure: busy, finished_at: world.clock.at() };
    await moveAttempt(world, job, attempt, 'failed', changes, { failure: busy });
  }
  return await afterEnd(world, await ended(world, job), await roundOf(world, job));
}

async function roundOf(world: Ports, job: Job): Promise<Attempt[]> {
  return (await world.attempts.list(job.tenant, job.id)).filter(({ round }) => round === job.round);
}

/** Slots first: once the job is queued, its next dispatch takes slots of the same names. */
async function backToLine(world: Ports, job: Job, attempts: Attempt[]): Promise<FinishResult> {
  const slots = await freeSlots(world, job, attempts);
  for (const { scope } of permitScopes(world.installation.permit_limits, job)) {
    await world.permits.release(scope, slots);
  }
  const place = job.transitions.findLast(({ to }) => to === 'running')?.data?.place;
  const waiting_since = typeof place === 'string' ? place : job.created_at;
  const pause = Math.min(providerBusy.most, providerBusy.first * 2 ** (job.dispatch - 1));
  const not_before = world.clock.at(pause);
  const changes = { waiting_since, not_before, deadline: world.clock.at(waitingSeconds), execution_arn: null };
  // Nobody is woken: the provider is busy for all. The sweeper's wake-up after the pause brings the job back.
  const queued = await world.jobs.transition(job, 'queued', changes, { reason: 'provider_busy' });
  await recordTransitions(world, queued);
  return { status: 'queued' };
}

async function ended(world: Ports, job: Job): Promise<Job> {
  const all = await world.attempts.list(job.tenant, job.id);
  await recordAttempts(world, job, all);
  const winner = job.verdict?.round === job.round ? job.verdict.winner : null;
  const finished_at = world.clock.at();
  if (winner !== null) {
    const artifacts = await writeManifest(world, job, all);
    const changes = { artifacts, finished_at, deadline: null };
    const data = { winner, ...reasonToLook(job, all, winner) };
    return await recorded(world, await world.jobs.transition(job, 'awaiting_review', changes, data), all);
  }
  const round = all.filter((attempt) => attempt.round === job.round);
  if (round.length > 0 && round.every(({ status }) => status === 'cancelled')) return await cancelled(world, job, all);
  const why = mostTelling(round.flatMap((attempt) => attempt.failure ?? []));
  const artifacts = await writeManifest(world, job, all, why);
  const changes = { artifacts, finished_at, deadline: null, failure: why };
  return await recorded(world, await world.jobs.transition(job, 'failed', changes, { failure: why }), all);
}

/** What the chat says beside "awaiting review": that the winner's diff touches tests, where it does. */
function reasonToLook(job: Job, attempts: readonly Attempt[], winner: number): { reason?: string } {
  const candidate = job.verdict?.ranking.find(({ attempt }) => attempt === winner);
  const changed = attempts.find(({ n }) => n === winner)?.diff?.tests;
  const reason = candidate && testCounts({ candidate, changed });
  return reason === undefined ? {} : { reason };
}

/** Two writes, each legal: between them the outer layers know how a job that is being cancelled ends. */
async function cancelled(world: Ports, job: Job, all: readonly Attempt[]): Promise<Job> {
  const reason = 'every attempt was cancelled';
  const leaving = await world.jobs.transition(job, 'cancelling', { cancel_reason: reason });
  const artifacts = await writeManifest(world, leaving, all);
  const changes = { artifacts, finished_at: world.clock.at(), deadline: null };
  return await recorded(world, await world.jobs.transition(leaving, 'cancelled', changes, { reason }), all);
}

async function recorded(world: Ports, job: Job, attempts: readonly Attempt[]): Promise<Job> {
  await recordTransitions(world, job);
  await noteCost(world, job, attempts);
  return job;
}

async function afterEnd(world: Ports, job: Job, round: Attempt[]): Promise<FinishResult> {
  if (job.status === 'cancelling') throw new Cancelled(`${job.id} is being cancelled`);
  await noteDiff(world, job);
  await settleBudget(world, job, await world.attempts.list(job.tenant, job.id));
  await giveBackSlots(world, job, round);
  return { status: job.status };
}

/** As the job is: a person may have decided before a repeated Finish came this far, or while it read and wrote. */
async function noteDiff(world: Ports, job: Job): Promise<void> {
  await noteDiffOnIssue(world, job);
  const now = await world.jobs.get(job.tenant, job.id);
  if (now !== undefined && now.status !== job.status) await noteDiffOnIssue(world, now);
}
