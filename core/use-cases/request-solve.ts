import { canonicalJson } from '#core/canonical-json';
import { PatchbayError } from '#core/errors';
import { derivedId, sha256Hex } from '#core/ids';
import type { Job } from '#core/job/job';
import { isJobAtWork } from '#core/job/lifecycle';
import type { SolveOptions } from '#core/job/options';
import type { Issue } from '#core/job/session';
import type { Catalogue } from '#core/models';
import type { World } from '#core/ports/world';
import { caps } from '#core/workflow/limits';
import { admitJob } from './admit-job.ts';
import { type Caller, ownIssue } from './ownership.ts';
import { announceJob } from './record-transitions.ts';

type Ports = Pick<
  World,
  'sessions' | 'jobs' | 'queue' | 'log' | 'live' | 'budgets' | 'clock' | 'installation' | 'note'
> & { catalogue: Catalogue };

export interface SolveRequest {
  caller: Caller;
  session_id: string;
  issue_id: string;
  options: SolveOptions;
  /** The Idempotency-Key. Without one, the id follows from the issue's `last_job`: two racing clicks are one job. */
  key?: string | undefined;
  /** The ended job that is solved once more: the new id follows from it. */
  retry_of?: string | undefined;
}

/**
 * Accepts one solve, exactly once.
 *
 * 1. The id follows from the key, from the retried job, or from the issue's `last_job`, read strongly. If a job is there already: same
 *    request → that job; another request → conflict.
 * 2. Admission: options that can work here, room in the tenant's line, money of the day.
 * 3. Put the row if absent, with its outbox mark; somebody faster → 1 again.
 * 4. Append to the log, send the message, clear the mark; move `last_job`. All may fail: the sweeper heals the first, the
 *    next request the last.
 *
 * @throws PatchbayError not_found, conflict, unprocessable, too_many_requests, budget_refused
 */
export async function requestSolve(world: Ports, request: SolveRequest): Promise<{ job: Job; created: boolean }> {
  let issue = await ownIssue(world, request.caller, request.session_id, request.issue_id);
  const named = nameOf(request);
  const hash = await sha256Hex(canonicalJson(request.options));
  // One round more for every job that others put between our reads; three clicks at once need two.
  for (let round = 0; round < 4; round += 1) {
    const [found, line] = await Promise.all([
      findJob(world, issue, named),
      world.jobs.waiting(request.caller.tenant, caps.waitingPerTenant),
    ]);
    if (found.job !== undefined) {
      if (named === undefined && issue.last_job !== found.job.id) {
        // Put by somebody who has not moved `last_job` yet, or died before: the issue goes on from it.
        issue = await movedTo(world, issue, found.job.id);
        continue;
      }
      return { job: sameRequest(found.job, hash), created: false };
    }
    const job = await admitJob(world, request, { id: found.id, issue, hash, ahead: line.length });
    if (!(await world.jobs.create(job))) continue;
    // Neither throws, neither needs the other: whichever is missing is healed by somebody else.
    await Promise.all([announceJob(world, job), followed(world, issue, job)]);
    world.note('job accepted', { job_id: job.id, metrics: { JobsAccepted: 1 } });
    return { job, created: true };
  }
  throw new PatchbayError('conflict', 'Other requests for this issue came first, again and again.');
}

/** What the request's id follows from; undefined: from the issue's last job. */
function nameOf({ key, retry_of }: SolveRequest): readonly string[] | undefined {
  if (retry_of !== undefined) return ['retry', retry_of];
  return key === undefined ? undefined : ['key', key];
}

/** The job under the request's id, or the id under which there is none yet. */
async function findJob(
  world: Ports,
  issue: Issue,
  named: readonly string[] | undefined,
): Promise<{ id: string; job?: Job }> {
  const parts = [issue.tenant, issue.session_id, issue.id];
  if (named !== undefined) return await jobAt(world, issue, await derivedId('j', ...parts, ...named));
  const last = issue.last_job === undefined ? undefined : await world.jobs.get(issue.tenant, issue.last_job);
  if (last !== undefined && isJobAtWork(last.status)) return { id: last.id, job: last };
  return await jobAt(world, issue, await derivedId('j', ...parts, 'after', issue.last_job ?? ''));
}

async function jobAt(world: Ports, issue: Issue, id: string): Promise<{ id: string; job?: Job }> {
  const job = await world.jobs.get(issue.tenant, id);
  return job === undefined ? { id } : { id, job };
}

function sameRequest(job: Job, hash: string): Job {
  if (job.request_hash === hash) return job;
  throw new PatchbayError('conflict', `Job ${job.id} was started with other options and is ${job.status}.`, {
    remedy:
      'Wait for that job or cancel it, or send the options it was started with; a new request needs a new Idempotency-Key.',
  });
}

/** @returns the issue as it is now: moved by us, or by somebody else */
async function movedTo(world: Ports, issue: Issue, jobId: string): Promise<Issue> {
  if (await world.sessions.moveLastJob(issue, issue.last_job, jobId)) return { ...issue, last_job: jobId };
  return (await world.sessions.issue(issue.tenant, issue.session_id, issue.id)) ?? issue;
}

/** The row is put, so the job is accepted; the next request finds it under the id that both derive. */
async function followed(world: Ports, issue: Issue, job: Job): Promise<void> {
  try {
    await movedTo(world, issue, job.id);
  } catch (error) {
    world.note('issue not moved to its new job', { level: 'warning', job_id: job.id, error });
  }
}
