import type { JobView } from '#core/api/views';
import type { JobStatus } from '#core/job/lifecycle';
import type { Caller } from './ownership.ts';
import { type SnapshotPorts, snapshot } from './snapshot.ts';

export interface ListJobs {
  caller: Caller;
  session_id?: string | undefined;
  status?: JobStatus | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** The caller's jobs, newest first. A page may be shorter than `limit` although there is a next one. */
export async function listJobs(world: SnapshotPorts, input: ListJobs): Promise<{ jobs: JobView[]; cursor?: string }> {
  const { caller, session_id, status, limit } = input;
  const filter = { ...(session_id && { session_id }), ...(status && { status }) };
  const page = await world.jobs.list(caller.tenant, filter, limit, input.cursor);
  const own = page.jobs.filter(({ user }) => user === caller.user);
  const jobs = await Promise.all(own.map((job) => snapshot(world, job)));
  return page.cursor === undefined ? { jobs } : { jobs, cursor: page.cursor };
}
