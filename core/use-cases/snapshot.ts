import { jobView } from '#core/api/job-view';
import type { JobView } from '#core/api/views';
import type { Job } from '#core/job/job';
import { costsOf } from '#core/job/job-costs';
import { shownSandboxSeconds } from '#core/job/sandbox-cost';
import type { World } from '#core/ports/world';
import { caps } from '#core/workflow/limits';
import { permitLimits } from './permit-limits.ts';

export type SnapshotPorts = Pick<
  World,
  'jobs' | 'attempts' | 'sandboxRows' | 'log' | 'permits' | 'installation' | 'clock'
>;

/**
 * A job as it is now. The log's tail is read before the rows: a client that applies the events after `seq` misses none,
 * and one that it sees twice changes nothing.
 */
export async function snapshot(world: SnapshotPorts, job: Job): Promise<JobView> {
  const { seq } = await world.log.tail(job.tenant, job.id);
  const [row = job, attempts, sandboxes] = await Promise.all([
    world.jobs.get(job.tenant, job.id),
    world.attempts.list(job.tenant, job.id),
    world.sandboxRows.list(job.tenant, job.id),
  ]);
  const costs = costsOf(attempts, sandboxes, world.clock.now(), shownSandboxSeconds);
  return jobView({ seq, job: row, attempts, costs, waiting: await placeOf(world, row) });
}

/** Place in the tenant's line and a guess of the wait, while there is one: a job on its way to dispatch has none yet. */
async function placeOf(world: SnapshotPorts, job: Job): Promise<JobView['waiting']> {
  if (job.status !== 'queued' || job.waiting_since === undefined) return null;
  const [line, recent, { user, tenant, install }] = await Promise.all([
    world.jobs.waiting(job.tenant, 2 * caps.waitingPerTenant),
    world.jobs.list(job.tenant, {}, 20),
    permitLimits(world),
  ]);
  const index = line.findIndex(({ id }) => id === job.id);
  const position = index < 0 ? line.length + 1 : index + 1;
  const abreast = Math.max(1, Math.floor(Math.min(user, tenant, install) / job.options.attempts));
  return { position, eta_seconds: eta(Math.ceil(position / abreast), recent.jobs), since: job.waiting_since };
}

/** As long as recent jobs ran, once for every fill of the tenant's slots up to its own. Null without any to go by. */
function eta(fills: number, recent: Job[]): number | null {
  const durations = recent.flatMap(({ started_at, finished_at }) =>
    started_at === undefined || finished_at === undefined ? [] : [Date.parse(finished_at) - Date.parse(started_at)],
  );
  if (durations.length === 0) return null;
  const mean = durations.reduce((sum, ms) => sum + ms, 0) / durations.length / 1_000;
  return Math.round(fills * mean);
}
