import { failure } from '#core/errors';
import type { Attempt, Job } from '#core/job/job';
import { cancelSeconds, claimSeconds, heartbeatSeconds, outboxSeconds, waitingSeconds } from '#core/workflow/limits';
import { ageSeconds } from './age-seconds.ts';
import { cleanupJob } from './cleanup-job.ts';
import { failQueuedJob } from './fail-queued-job.ts';
import { executionOf, startExecution } from './start-execution.ts';
import { eachOf, ofJob, type SweepWorld, type Swept } from './sweep-part.ts';

const atOnce = 500;
/** A running job without any sign of life for this long is looked up in the workflow engine. */
const silenceSeconds = heartbeatSeconds + 90;

type Trouble = 'overdue' | 'cancel_stuck' | 'not_dispatched' | 'not_started' | 'stranded' | 'waited_too_long';

const counted: Record<Trouble, string> = {
  overdue: 'JobsOverdue',
  cancel_stuck: 'CancelsFinished',
  not_dispatched: 'MessagesSentAgain',
  not_started: 'ExecutionsStarted',
  stranded: 'JobsStranded',
  waited_too_long: 'JobsWaitedTooLong',
};

/** All rows with a deadline are open: what is wrong with each, and its cure. */
export async function sweepOpenJobs(world: SweepWorld): Promise<Swept> {
  const swept: Swept = Object.fromEntries([...Object.values(counted), 'OldestOverdueSeconds'].map((name) => [name, 0]));
  // No deadline is further away: this lists all.
  const open = await world.jobs.deadlineDue(world.clock.at(2 * waitingSeconds), atOnce);
  swept.OpenJobFailures = await eachOf(world, open, ofJob, async (key) => {
    const job = await world.jobs.get(key.tenant, key.id);
    swept.OldestOverdueSeconds = Math.max(swept.OldestOverdueSeconds ?? 0, overdueSeconds(world, job));
    const trouble = job === undefined ? undefined : await troubleOf(world, job);
    if (job === undefined || trouble === undefined) return;
    await cure(world, job, trouble);
    swept[counted[trouble]] = (swept[counted[trouble]] ?? 0) + 1;
  });
  return swept;
}

/** Before anything is done about it: what stays overdue from minute to minute is what no sweep could end. */
function overdueSeconds(world: SweepWorld, job: Job | undefined): number {
  const runs = job?.status === 'running' || job?.status === 'cancelling';
  return runs && job.deadline !== undefined ? ageSeconds(world.clock, job.deadline) : 0;
}

async function troubleOf(world: SweepWorld, job: Job): Promise<Trouble | undefined> {
  const now = world.clock.at();
  if (job.status === 'cancelling' && lastMove(job) < world.clock.at(-cancelSeconds)) return 'cancel_stuck';
  if (job.deadline !== undefined && job.deadline < now) {
    if (job.status === 'queued') return 'waited_too_long';
    return job.status === 'running' ? 'overdue' : undefined;
  }
  if (job.status === 'queued') return isForgotten(world, job) ? 'not_dispatched' : undefined;
  if (job.status !== 'running') return undefined;
  if (job.execution_arn === undefined)
    return lastMove(job) < world.clock.at(-outboxSeconds) ? 'not_started' : undefined;
  const attempts = await world.attempts.list(job.tenant, job.id);
  if (lastSign(job, attempts) > world.clock.at(-silenceSeconds)) return undefined;
  return (await world.executions.status(job.execution_arn)) === 'RUNNING' ? undefined : 'stranded';
}

/**
 * Its message was taken by a dispatcher that died: the queue shows it again only after its visibility timeout, and the
 * outbox mark is gone. A second message is harmless. Jobs in the line have none: the wake-up is theirs.
 */
function isForgotten(world: SweepWorld, job: Job): boolean {
  if (job.waiting_since !== undefined) return false;
  if (job.claim !== undefined && job.claim.until > world.clock.at()) return false;
  return lastMove(job) < world.clock.at(-claimSeconds);
}

function lastMove(job: Pick<Job, 'transitions' | 'created_at'>): string {
  return job.transitions.at(-1)?.at ?? job.created_at;
}

function lastSign(job: Job, attempts: readonly Attempt[]): string {
  const signs = attempts.flatMap((attempt) => [attempt.beat?.at ?? '', lastMove(attempt)]);
  return [lastMove(job), ...signs].toSorted().at(-1) ?? '';
}

async function cure(world: SweepWorld, job: Job, trouble: Trouble): Promise<void> {
  if (trouble === 'not_dispatched') {
    return await world.queue.send({ tenant: job.tenant, job_id: job.id, round: job.round });
  }
  if (trouble === 'not_started') return await startExecution(world, job);
  if (trouble === 'waited_too_long') {
    await failQueuedJob(world, job, failure('no_capacity', 'The job waited 24 hours for a free sandbox.'));
    return;
  }
  if (job.dispatch > 0)
    await world.executions.stop(executionOf(world, job), stopError[trouble], 'stopped by the sweeper');
  const { tenant, id: job_id, dispatch } = job;
  await cleanupJob(world, { tenant, job_id, dispatch, reason: stopError[trouble] });
}

const stopError = { overdue: 'DeadlineExceeded', cancel_stuck: 'Cancelled', stranded: 'ExecutionLost' } as const;
