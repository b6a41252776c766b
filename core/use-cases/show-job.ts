import type { JobView } from '#core/api/views';
import { type Caller, ownJob } from './ownership.ts';
import { type SnapshotPorts, snapshot } from './snapshot.ts';

/** @throws PatchbayError not_found */
export async function showJob(world: SnapshotPorts, input: { caller: Caller; job_id: string }): Promise<JobView> {
  return await snapshot(world, await ownJob(world, input.caller, input.job_id));
}
