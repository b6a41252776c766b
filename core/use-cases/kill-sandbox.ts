import { LostRace } from '#core/errors';
import type { SandboxRow } from '#core/job/job';
import type { World } from '#core/ports/world';

type Ports = Pick<World, 'sandboxRows' | 'sandboxes' | 'installation' | 'note' | 'clock'>;

/**
 * Kills the sandbox of a row, and any that its create left behind unanswered. True when all are dead for sure; the row
 * then says so. A permit may be given away only after that.
 */
export async function killSandbox(world: Ports, row: SandboxRow): Promise<boolean> {
  if (row.state === 'dead') return true;
  try {
    const dead = await Promise.all((await sandboxesOf(world, row)).map((id) => world.sandboxes.kill(id)));
    if (dead.includes(false)) return false;
    await world.sandboxRows.change(row, { state: 'dead', task_token: null, ended_at: world.clock.at() });
    return true;
  } catch (error) {
    // The row belongs to a later dispatch, which has looked after what it found.
    if (error instanceof LostRace) return true;
    world.note('kill not confirmed', { level: 'warning', job_id: row.job_id, sandbox_key: row.key, error });
    return false;
  }
}

/** Before the create was answered only the nonce knows the sandbox. */
async function sandboxesOf(world: Ports, row: SandboxRow): Promise<string[]> {
  if (row.sandbox_id !== undefined) return [row.sandbox_id];
  const { install_id } = world.installation;
  const found = await world.sandboxes.list({ install_id, job_id: row.job_id, sandbox_key: row.key, nonce: row.nonce });
  return found.map((info) => info.sandbox_id);
}

/** Kills every sandbox of these rows. True when all are dead for sure. */
export async function killSandboxes(world: Ports, rows: readonly SandboxRow[]): Promise<boolean> {
  const dead = await Promise.all(rows.map((row) => killSandbox(world, row)));
  return !dead.includes(false);
}

/**
 * Kills what the provider lists for one dispatch of a job, whether a row knows it or not. True when all are dead.
 */
export async function killListed(
  world: Pick<World, 'sandboxes' | 'installation' | 'note'>,
  job: { tenant: string; id: string },
  dispatch: number,
): Promise<boolean> {
  try {
    const { install_id } = world.installation;
    const whose = { install_id, tenant: job.tenant, job_id: job.id, dispatch: String(dispatch) };
    const listed = await world.sandboxes.list(whose);
    const dead = await Promise.all(listed.map((info) => world.sandboxes.kill(info.sandbox_id)));
    return !dead.includes(false);
  } catch (error) {
    world.note('sandboxes of the job could not be listed and killed', { level: 'warning', job_id: job.id, error });
    return false;
  }
}
