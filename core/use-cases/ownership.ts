import { PatchbayError } from '#core/errors';
import type { Attempt, Job } from '#core/job/job';
import type { Issue, Session } from '#core/job/session';
import type { World } from '#core/ports/world';

/** Who asks: from a verified token, never from a request. */
export interface Caller {
  tenant: string;
  user: string;
}

/**
 * Every way from an id to a row goes through here. The tenant is part of each key; a session and what is in it belongs
 * to its user. What is not yours is not there: 404 either way, so that ids tell nothing.
 */
export async function ownSession(world: Pick<World, 'sessions'>, caller: Caller, id: string): Promise<Session> {
  const session = await world.sessions.get(caller.tenant, id);
  if (session === undefined || session.tenant !== caller.tenant || session.user !== caller.user)
    throw absent('session', id);
  return session;
}

/** Both rows are read at once: the issue's key holds the tenant and the session. */
export async function ownIssue(
  world: Pick<World, 'sessions'>,
  caller: Caller,
  sessionId: string,
  id: string,
): Promise<Issue> {
  const [, issue] = await Promise.all([
    ownSession(world, caller, sessionId),
    world.sessions.issue(caller.tenant, sessionId, id),
  ]);
  return present(issue, id);
}

/** The issue of a session that is already known to be the caller's. */
export async function issueOf(world: Pick<World, 'sessions'>, session: Session, id: string): Promise<Issue> {
  return present(await world.sessions.issue(session.tenant, session.id, id), id);
}

function present(issue: Issue | undefined, id: string): Issue {
  if (issue === undefined) throw absent('issue', id);
  return issue;
}

export async function ownJob(world: Pick<World, 'jobs'>, caller: Caller, id: string): Promise<Job> {
  const job = await world.jobs.get(caller.tenant, id);
  if (job === undefined || job.tenant !== caller.tenant || job.user !== caller.user) throw absent('job', id);
  return job;
}

/** An attempt of a job that is already known to be the caller's. @throws PatchbayError not_found */
export async function attemptOf(world: Pick<World, 'attempts'>, job: Job, n: number): Promise<Attempt> {
  const attempt = await world.attempts.get(job.tenant, job.id, n);
  if (attempt !== undefined) return attempt;
  const planned = n >= job.first_attempt && n < job.first_attempt + job.plan.length;
  if (!planned) throw new PatchbayError('not_found', `Job ${job.id} has no attempt ${n}.`);
  throw new PatchbayError('not_found', `Attempt ${n} of ${job.id} has not begun: the job is ${job.status}.`, {
    remedy: 'Wait until the job runs; to end it before, cancel the job.',
  });
}

function absent(what: string, id: string): PatchbayError {
  return new PatchbayError('not_found', `There is no ${what} ${id}.`);
}
