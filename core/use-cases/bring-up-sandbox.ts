import { PatchbayError, ProviderBusy, SandboxLost } from '#core/errors';
import { setupEgress } from '#core/job/egress';
import type { Job, SandboxRow } from '#core/job/job';
import type { CodeHost } from '#core/ports/code-host';
import type { SandboxMetadata } from '#core/ports/sandboxes';
import type { World } from '#core/ports/world';
import type { Measured } from '#core/telemetry';
import { sandboxLife } from '#core/workflow/limits';
import { easeOff } from './permit-limits.ts';

type Ports = Pick<World, 'installation' | 'permits' | 'sandboxes' | 'clock' | 'note'> & {
  codeHost: Pick<CodeHost, 'hosts'>;
};

/**
 * The sandbox of a row: the one that an earlier try of this step made, else a new one. A provider that does not even list
 * (a key that it refuses, or none) would not create either: that counts as a create that failed.
 * @throws ProviderBusy when there is none, or none can be seen yet: the next try of the step looks again
 */
export async function obtainSandbox(world: Ports, job: Job, row: SandboxRow): Promise<string> {
  try {
    const earlier = await adoptSandbox(world, job, row);
    if (earlier !== undefined) return earlier;
  } catch (error) {
    if (!(error instanceof ProviderBusy)) noteFailure(world, row, error);
    throw error;
  }
  return await bringUpSandbox(world, job, row);
}

/**
 * The sandbox that an earlier try of this step made, alive and with 120 s to live again; undefined when there is none.
 * Whatever else the provider lists under its key is killed: at most one may live per key.
 * @throws ProviderBusy when one of the others does not die
 */
async function adoptSandbox(
  world: Pick<World, 'installation' | 'sandboxes'>,
  job: Job,
  row: SandboxRow,
): Promise<string | undefined> {
  const { install_id } = world.installation;
  const found = await world.sandboxes.list({ install_id, tenant: job.tenant, job_id: job.id, sandbox_key: row.key });
  const ours = found.filter((info) => info.metadata.nonce === row.nonce).map((info) => info.sandbox_id);
  // The row's own may be missing in a list that is behind.
  const keep = row.sandbox_id ?? ours[0];
  const others = found.map((info) => info.sandbox_id).filter((id) => id !== keep);
  const dead = await Promise.all(others.map((id) => world.sandboxes.kill(id)));
  if (dead.includes(false)) throw new ProviderBusy(`an older sandbox of ${row.key} of ${job.id} does not die`);
  if (keep === undefined) return undefined;
  try {
    await world.sandboxes.setLife(keep, sandboxLife.atCreate);
    return keep;
  } catch (error) {
    if (error instanceof SandboxLost) return undefined;
    throw error;
  }
}

/**
 * Creates the sandbox of a row, with 120 s to live and the egress of the set-up. Without an answer it may exist all the
 * same: then it is looked for by its nonce. A provider that is full lowers the installation's limit.
 * @throws ProviderBusy when there is none, or none can be seen yet: the next try of the step looks again
 */
async function bringUpSandbox(world: Ports, job: Job, row: SandboxRow): Promise<string> {
  const egress = setupEgress(world.installation, world.codeHost.hosts(job.repository));
  const began = world.clock.now();
  try {
    const life = { seconds: sandboxLife.atCreate };
    const { sandbox_id } = await world.sandboxes.create(metadataOf(world, job, row), life, egress);
    const metrics = { SandboxCreateMs: world.clock.now() - began, SandboxCreateError: 0, SandboxBusy: 0 };
    world.note('sandbox created', { sandbox_id, sandbox_key: row.key, metrics });
    return sandbox_id;
  } catch (error) {
    noteFailure(world, row, error);
    if (error instanceof ProviderBusy && error.full) await easeOff(world);
    if (error instanceof PatchbayError) throw error;
    const id = await adoptSandbox(world, job, row);
    if (id !== undefined) return id;
    throw new ProviderBusy('the create of a sandbox was not answered', error);
  }
}

function noteFailure(world: Pick<World, 'note'>, { job_id, key }: SandboxRow, error: unknown): void {
  const metrics = failedCreate(error);
  world.note('sandbox not created', { level: 'warning', job_id, sandbox_key: key, error, metrics });
}

/** An expected error other than a busy provider is final: key, template or settings. */
function failedCreate(error: unknown): Measured {
  if (error instanceof ProviderBusy) return { SandboxBusy: 1, SandboxCreateError: 0 };
  const refused = error instanceof PatchbayError;
  return { SandboxBusy: 0, SandboxCreateError: 1, ...(refused && { SandboxCreateRefused: 1 }) };
}

function metadataOf(world: Ports, job: Job, row: SandboxRow): SandboxMetadata {
  return {
    install_id: world.installation.install_id,
    tenant: job.tenant,
    job_id: job.id,
    sandbox_key: row.key,
    dispatch: String(row.dispatch),
    nonce: row.nonce,
    session_id: job.session_id,
    chat_id: job.session_id,
    issue_id: job.issue_id,
    user_id: job.user,
  };
}
