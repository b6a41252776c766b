import { failure, LostRace, PatchbayError } from '#core/errors';
import type { Attempt, Job } from '#core/job/job';
import { slotsOf } from '#core/job/permit-scopes';
import type { JobMessage } from '#core/ports/job-queue';
import type { World } from '#core/ports/world';
import { claimSeconds, rowDeadline, slotZeroMarginSeconds, waitingSeconds } from '#core/workflow/limits';
import { failQueuedJob } from './fail-queued-job.ts';
import { joinLine } from './join-line.ts';
import { recordAttempts, recordTransitions } from './record-transitions.ts';
import { acquirePermits, releasePermits } from './release-permits.ts';
import { startExecution } from './start-execution.ts';
import { mustYield } from './waiting-line.ts';

type Ports = Pick<
  World,
  | 'clock'
  | 'installation'
  | 'note'
  | 'jobs'
  | 'attempts'
  | 'log'
  | 'live'
  | 'permits'
  | 'queue'
  | 'executions'
  | 'codeHost'
  | 'budgets'
  | 'meter'
  | 'sandboxRows'
>;

export type Dispatched = 'started' | 'waiting' | 'failed' | 'ignored';

/**
 * Starts a queued job, or gives it its place in the line. Each step can be repeated; a message may come twice or late.
 *
 * 1. Read the row. Not queued → ignored (running without an execution: its dispatcher died, start it).
 * 2. Waited more than 24 h → failed, no_capacity.
 * 3. The provider was busy a moment ago → waiting. Claim the row for 60 s. Somebody else has it → ignored.
 * 4. Resolve the ref to a commit, once per job. Not there → failed, repo_unreachable.
 * 5. Older jobs of the tenant first; then acquire leases of user, tenant, installation, all slots or none. No → waiting.
 * 6. queued → running with the next dispatch number and the deadline. Lost → the leases are given back.
 * 7. Attempt rows, then StartExecution.
 */
export async function dispatchJob(world: Ports, message: JobMessage): Promise<Dispatched> {
  const job = await world.jobs.get(message.tenant, message.job_id);
  if (job?.status === 'running' && job.execution_arn === undefined) return await begin(world, job);
  if (job?.status !== 'queued') return 'ignored';
  if (job.waiting_since !== undefined && job.waiting_since < world.clock.at(-waitingSeconds)) {
    const why = 'The job waited 24 hours for a free sandbox.';
    return await failQueuedJob(world, job, failure('no_capacity', why));
  }
  if (job.not_before !== undefined && job.not_before > world.clock.at()) return 'waiting';
  try {
    return await dispatchClaimed(world, await claimed(world, job));
  } catch (error) {
    if (error instanceof LostRace) return 'ignored';
    throw error;
  }
}

async function claimed(world: Ports, job: Job): Promise<Job> {
  return await world.jobs.claim(job, world.clock.randomId('d'), world.clock.at(claimSeconds));
}

async function dispatchClaimed(world: Ports, claim: Job): Promise<Dispatched> {
  const pinned = await pin(world, claim);
  if ('code' in pinned) return await failQueuedJob(world, claim, pinned);
  const slots = slotsOf(pinned);
  const wall = pinned.options.limits.wall_seconds;
  const lease = world.clock.at(rowDeadline(wall) + slotZeroMarginSeconds);
  if ((await mustYield(world, pinned)) || !(await acquirePermits(world, pinned, slots, lease))) {
    await joinLine(world, pinned);
    return 'waiting';
  }
  try {
    return await begin(world, await toRunning(world, pinned));
  } catch (error) {
    if (error instanceof LostRace) await giveBack(world, pinned, slots);
    throw error;
  }
}

/** Pins the job to a commit; a failure is one that a person can act on. */
async function pin(world: Ports, job: Job): Promise<Job | ReturnType<typeof failure>> {
  if (job.base_sha !== undefined) return job;
  try {
    const ref = job.options.base_ref ?? job.repository.ref;
    const found = await world.codeHost.resolve(job.repository, ref);
    return await world.jobs.change(job, { base_sha: found.sha, repository: { ...job.repository, ref: found.ref } });
  } catch (error) {
    if (error instanceof PatchbayError && error.code === 'repo_unreachable') {
      return { ...failure('repo_unreachable', error.message), remedy: error.remedy };
    }
    throw error;
  }
}

async function toRunning(world: Ports, job: Job): Promise<Job> {
  const running = await world.jobs.transition(
    job,
    'running',
    {
      dispatch: job.dispatch + 1,
      started_at: job.started_at ?? world.clock.at(),
      deadline: world.clock.at(rowDeadline(job.options.limits.wall_seconds)),
      waiting_since: null,
      not_before: null,
      claim: null,
      execution_arn: null,
    },
    // Its old place in the line, should the provider be busy and the job have to go back to it.
    { dispatch: job.dispatch + 1, place: job.waiting_since ?? lastQueuedAt(job) },
  );
  await recordTransitions(world, running);
  return running;
}

function lastQueuedAt(job: Job): string {
  return job.transitions.findLast(({ to }) => to === 'queued')?.at ?? job.created_at;
}

/** Rows first: the execution's first step reads them. */
async function begin(world: Ports, job: Job): Promise<Dispatched> {
  const attempts = job.plan.map(({ model, strategy }, slot) => newAttempt(world, job, slot, model, strategy));
  await world.attempts.createMissing(attempts);
  await recordAttempts(world, job, attempts);
  await startExecution(world, job);
  return 'started';
}

function newAttempt(world: Ports, job: Job, slot: number, model: string, strategy: string): Attempt {
  const at = world.clock.at();
  return {
    job_id: job.id,
    tenant: job.tenant,
    n: job.first_attempt + slot,
    round: job.round,
    slot,
    status: 'waiting',
    v: 1,
    transitions: [{ v: 1, to: 'waiting', at, data: { model, strategy } }],
    model,
    strategy,
    usage: { calls: 0, cost_usd: 0, input: 0, output: 0, cached: 0 },
    verified: false,
    artifacts: [],
    checkpoints: {},
    created_at: at,
  };
}

/** Unless another dispatcher has brought it to `running`: then these very slots are in use. */
async function giveBack(world: Ports, job: Job, slots: string[]): Promise<void> {
  const now = await world.jobs.get(job.tenant, job.id);
  if (now?.status === 'running' && now.round === job.round) return;
  await releasePermits(world, job, slots);
}
