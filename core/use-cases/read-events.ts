import type { JobEvent } from '#core/job/milestone';
import type { World } from '#core/ports/world';
import { type Caller, ownJob } from './ownership.ts';

/** The log after a seq, in order, and the log's tail. `seq` over the last event's means that there is more. */
export async function readEvents(
  world: Pick<World, 'jobs' | 'log'>,
  input: { caller: Caller; job_id: string; after: number; limit: number },
): Promise<{ events: JobEvent[]; seq: number }> {
  const job = await ownJob(world, input.caller, input.job_id);
  const tail = await world.log.tail(job.tenant, job.id);
  const events = await world.log.read(job.tenant, job.id, input.after, input.limit);
  return { events, seq: Math.max(tail.seq, events.at(-1)?.seq ?? 0) };
}
