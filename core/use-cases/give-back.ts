import { slotName } from '#core/ids';
import type { Attempt, Job, SandboxRow } from '#core/job/job';
import type { World } from '#core/ports/world';
import { killSandbox } from './kill-sandbox.ts';
import { releasePermits } from './release-permits.ts';
import { revokeTokens } from './revoke-tokens.ts';

type Ports = Pick<
  World,
  'sandboxRows' | 'sandboxes' | 'installation' | 'note' | 'attemptTokens' | 'permits' | 'jobs' | 'queue' | 'clock'
>;

/**
 * Kills all sandboxes of a job's dispatch that its rows know, and revokes their tokens. Returns the slots of which
 * every sandbox is dead for sure: the others' leases have to run out.
 */
export async function freeSlots(world: Ports, job: Job, attempts: readonly Attempt[]): Promise<string[]> {
  const all = await world.sandboxRows.list(job.tenant, job.id);
  const rows = all.filter(({ dispatch }) => dispatch === job.dispatch);
  await revokeTokens(world, rows);
  const alive = new Set<number>();
  await Promise.all(
    rows.map(async (row) => {
      if (!(await killSandbox(world, row))) alive.add(slotOf(row, attempts));
    }),
  );
  return job.plan.flatMap((_, slot) => (alive.has(slot) ? [] : [slotName(job.id, job.round, slot)]));
}

/** The judge's sandbox is on slot 0. */
function slotOf(row: SandboxRow, attempts: readonly Attempt[]): number {
  return attempts.find(({ n }) => n === row.attempt)?.slot ?? 0;
}

/** `freeSlots`, and what came free goes to whoever waits. For jobs whose dispatch is over. Idempotent. */
export async function giveBackSlots(world: Ports, job: Job, attempts: readonly Attempt[]): Promise<void> {
  await releasePermits(world, job, await freeSlots(world, job, attempts));
}
