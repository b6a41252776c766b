import { artifactsOf } from '#core/api/job-view';
import { PatchbayError } from '#core/errors';
import { type Artifact, artifactKey } from '#core/job/artifact';
import type { Job } from '#core/job/job';
import type { World } from '#core/ports/world';
import { type Caller, ownJob } from './ownership.ts';

type Ports = Pick<World, 'jobs' | 'attempts' | 'artifacts'>;

/** Larger ones go by a redirect: a Lambda's answer ends at 6 MB. Smaller ones need no second origin in the browser. */
const inlineBytes = 1_024 * 1_024;

export type ReadArtifact = { artifact: Artifact; bytes: Uint8Array } | { artifact: Artifact; url: string };

export async function listArtifacts(world: Ports, input: { caller: Caller; job_id: string }): Promise<Artifact[]> {
  return await storedOf(world, await ownJob(world, input.caller, input.job_id));
}

/**
 * One stored file: its bytes, or a URL of 60 s. Only what a row lists is ever read: a name is never a path into storage.
 * @throws PatchbayError not_found
 */
export async function readArtifact(
  world: Ports,
  input: { caller: Caller; job_id: string; name: string },
): Promise<ReadArtifact> {
  const job = await ownJob(world, input.caller, input.job_id);
  const artifact = (await storedOf(world, job)).find(({ name }) => name === input.name);
  if (artifact === undefined) throw new PatchbayError('not_found', 'The job has no such artifact (yet).');
  const key = artifactKey(job.tenant, job.id, artifact.name);
  if (artifact.size > inlineBytes) {
    return { artifact, url: await world.artifacts.presignDownload(key, fileNameOf(artifact)) };
  }
  const bytes = await world.artifacts.get(key);
  if (bytes === undefined) throw new PatchbayError('not_found', 'The artifact is no longer stored.');
  return { artifact, bytes };
}

/** The last part of its name. */
export function fileNameOf(artifact: Pick<Artifact, 'name'>): string {
  return artifact.name.slice(artifact.name.lastIndexOf('/') + 1);
}

async function storedOf(world: Ports, job: Job): Promise<Artifact[]> {
  return artifactsOf(job, await world.attempts.list(job.tenant, job.id));
}
