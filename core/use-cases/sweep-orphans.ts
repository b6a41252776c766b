import type { Job } from '#core/job/job';
import { hasAttemptEnded } from '#core/job/lifecycle';
import type { SandboxInfo } from '#core/ports/sandboxes';
import { collectSeconds } from '#core/workflow/limits';
import { eachOf, type SweepWorld, type Swept } from './sweep-part.ts';

/**
 * Kills sandboxes of this installation that nobody wants. The list comes first and the rows are read strongly after
 * it: what is created meanwhile is not in the list, and what is in the list has had its nonce on a row before.
 */
export async function sweepOrphans(world: SweepWorld): Promise<Swept> {
  const listed = await world.sandboxes.list({ install_id: world.installation.install_id });
  let killed = 0;
  const failures = await eachOf(world, listed, named, async (info) => {
    if (await isWanted(world, info)) return;
    if (!(await world.sandboxes.kill(info.sandbox_id))) throw new Error(`${info.sandbox_id} does not die`);
    killed += 1;
    world.note('orphan sandbox killed', {
      level: 'warning',
      sandbox_id: info.sandbox_id,
      job_id: info.metadata.job_id,
      ends_at: info.ends_at,
    });
  });
  return { SandboxesAlive: listed.length - killed, OrphansKilled: killed, OrphansLeft: failures };
}

const named = ({ sandbox_id, metadata }: SandboxInfo) => ({ sandbox_id, job_id: metadata.job_id });

/** The nonce is that of a live row, under the job's present dispatch, and its attempt has not ended, or just now. */
async function isWanted(world: SweepWorld, info: SandboxInfo): Promise<boolean> {
  const { tenant = '', job_id = '', sandbox_key = '', nonce = '' } = info.metadata;
  const [job, row] = await Promise.all([
    world.jobs.get(tenant, job_id),
    world.sandboxRows.get(tenant, job_id, sandbox_key),
  ]);
  if (job === undefined || row === undefined || row.nonce !== nonce || row.state === 'dead') return false;
  if (!isAtWork(job, row.dispatch)) return false;
  if (row.attempt === 0) return true;
  const attempt = await world.attempts.get(tenant, job_id, row.attempt);
  if (attempt === undefined || !hasAttemptEnded(attempt.status)) return attempt !== undefined;
  // Cancelled by itself: its workflow may be taking its files right now.
  return attempt.status === 'cancelled' && (attempt.finished_at ?? '') > world.clock.at(-collectSeconds);
}

function isAtWork(job: Job, dispatch: number): boolean {
  return job.dispatch === dispatch && (job.status === 'running' || job.status === 'cancelling');
}
