import { artifactKey, artifactName } from '#core/job/artifact';
import type { World } from '#core/ports/world';
import { caps } from '#core/workflow/limits';
import type { RunnerMode } from '#core/workflow/runner';

/** Whose checkpoints: each sandbox of a job has its own folder. */
export interface CheckpointOwner {
  tenant: string;
  job_id: string;
  round: number;
  attempt: number;
  mode: RunnerMode;
}

const folders: Record<RunnerMode, string> = {
  solve: 'checkpoints',
  verify: 'verify-checkpoints',
  judge: 'judge-checkpoints',
};

/** Where a runner's checkpoint is stored: a fixed key, so that the newest replaces the one before. */
export function checkpointKey(owner: CheckpointOwner, name: string): string {
  const who = owner.mode === 'judge' ? 'job' : owner.attempt;
  return artifactKey(owner.tenant, owner.job_id, artifactName(owner.round, who, `${folders[owner.mode]}/${name}`));
}

/** What one upload may hold at most. */
export function checkpointBytes(name: string): number {
  if (name === 'diff.patch') return caps.patchBytes;
  return caps.jsonArtifactBytes;
}

/** What a solve's runner saved before its end: by artifact name; the log put together from its parts. */
export async function readCheckpoints(
  world: Pick<World, 'artifacts'>,
  owner: CheckpointOwner,
): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  for (const name of ['diff.patch', 'plan.json']) {
    const body = await world.artifacts.get(checkpointKey(owner, name));
    if (body !== undefined && body.length > 0) found.set(name, body);
  }
  const log = await readLogParts(world, owner);
  if (log.length > 0) found.set('logs.txt', log);
  return found;
}

/** The parts of a log that are stored, in order. They are named by their offset: a part sent twice replaces itself. */
export async function logParts(
  world: Pick<World, 'artifacts'>,
  owner: CheckpointOwner,
): Promise<Array<{ key: string; from: number; size: number }>> {
  const prefix = checkpointKey(owner, 'logs/');
  const parts = await world.artifacts.list(prefix);
  return parts
    .map(({ key, size }) => ({ key, from: Number(key.slice(prefix.length)), size }))
    .toSorted((a, b) => a.from - b.from);
}

/** What is over the cap is left out. */
async function readLogParts(world: Pick<World, 'artifacts'>, owner: CheckpointOwner): Promise<Uint8Array> {
  const parts = await logParts(world, owner);
  const bodies: Uint8Array[] = [];
  let size = 0;
  for (const part of parts) {
    if (size + part.size > caps.logBytes) break;
    const body = await world.artifacts.get(part.key);
    if (body === undefined) continue;
    bodies.push(body);
    size += body.length;
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const body of bodies) {
    whole.set(body, at);
    at += body.length;
  }
  return whole;
}
