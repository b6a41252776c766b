import type { Job } from '#core/job/job';
import type { World } from '#core/ports/world';
import { caps } from '#core/workflow/limits';
import { appendAndPush } from './record-transitions.ts';
import { wakeNext } from './wake-next.ts';

type Ports = Pick<World, 'clock' | 'jobs' | 'permits' | 'installation' | 'queue' | 'log' | 'live' | 'note'>;

/**
 * Gives a job that got no permits its place in the tenant's line; one that has a place keeps it.
 *
 * 1. `waiting_since` on the row, the claim given up. @throws LostRace when the row is not queued any more
 * 2. Says so once per dispatch, with the place from 1.
 * 3. Wakes: a release between our refusal and our place in the line had nobody to wake.
 */
export async function joinLine(world: Ports, job: Job): Promise<void> {
  const since = job.waiting_since ?? world.clock.at();
  const waiting = await world.jobs.change(job, { waiting_since: since, claim: null });
  const line = await world.jobs.waiting(job.tenant, caps.waitingPerTenant);
  const position = line.findIndex((key) => key.id === job.id) + 1 || line.length + 1;
  const src = `line@${job.round}.${job.dispatch}`;
  await appendAndPush(world, waiting, [{ src, src_seq: 1, type: 'waiting', at: since, data: { position, since } }]);
  await wakeNext(world);
}
