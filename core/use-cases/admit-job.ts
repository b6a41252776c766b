import { PatchbayError } from '#core/errors';
import type { Job } from '#core/job/job';
import type { SolveOptions } from '#core/job/options';
import type { Issue } from '#core/job/session';
import { outboxMark } from '#core/job/transition';
import type { Catalogue } from '#core/models';
import type { World } from '#core/ports/world';
import { caps, waitingSeconds } from '#core/workflow/limits';
import { planOf, requirePossible } from './admit-options.ts';
import { reserveBudget } from './job-budget.ts';
import type { SolveRequest } from './request-solve.ts';

type Ports = Pick<World, 'budgets' | 'clock' | 'installation'> & { catalogue: Catalogue };

/**
 * The row of a job that may be accepted: its options can work here, its tenant's line has room for one more than are
 * `ahead`, and the tenant's day has money for it, which is reserved.
 * @throws PatchbayError unprocessable, too_many_requests, budget_refused
 */
export async function admitJob(
  world: Ports,
  request: SolveRequest,
  { id, issue, hash, ahead }: { id: string; issue: Issue; hash: string; ahead: number },
): Promise<Job> {
  const { installation, clock } = world;
  const { options, caller } = request;
  requirePossible(installation, world.catalogue, options);
  if (ahead >= caps.waitingPerTenant) {
    throw new PatchbayError('too_many_requests', `${ahead} jobs of your tenant are waiting for a slot already.`, {
      retryAfter: 60,
    });
  }
  const at = clock.at();
  const job: Job = {
    id,
    tenant: caller.tenant,
    session_id: issue.session_id,
    issue_id: issue.id,
    user: caller.user,
    request_hash: hash,
    status: 'queued',
    v: 1,
    transitions: [{ v: 1, to: 'queued', at }],
    options,
    repository: repositoryOf(issue, options),
    plan: planOf(installation, options),
    round: 1,
    dispatch: 0,
    first_attempt: 1,
    outbox: outboxMark(at, 1),
    deadline: clock.at(waitingSeconds),
    artifacts: [],
    ...(request.retry_of !== undefined && { retry_of: request.retry_of }),
    created_at: at,
  };
  await reserveBudget(world, job);
  return job;
}

function repositoryOf(issue: Issue, options: SolveOptions): Job['repository'] {
  return options.base_ref === undefined ? issue.repository : { ...issue.repository, ref: options.base_ref };
}
