import { type Artifact, artifactKey, artifactName, contentTypeOf } from '#core/job/artifact';
import type { World } from '#core/ports/world';

export interface ArtifactFile {
  name: string;
  body: Uint8Array;
  /** Only a checkpoint. */
  partial?: boolean;
}

export async function sha256OfBytes(body: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(body));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Stores files under `tenant/job/round/attempt/name`; repeating it overwrites them with the same. */
export async function storeArtifacts(
  world: Pick<World, 'artifacts'>,
  job: { tenant: string; id: string },
  place: { round: number; attempt: number | 'job' },
  files: readonly ArtifactFile[],
): Promise<Artifact[]> {
  return await Promise.all(
    files.map(async ({ name: file, body, partial = false }) => {
      const name = artifactName(place.round, place.attempt, file);
      const content_type = contentTypeOf(file);
      const sha256 = await sha256OfBytes(body);
      await world.artifacts.put(artifactKey(job.tenant, job.id, name), body, { contentType: content_type, sha256 });
      return { name, size: body.length, sha256, content_type, partial };
    }),
  );
}

/** A list of artifacts with newer ones in it: one entry per name. */
export function withArtifacts(known: readonly Artifact[], more: readonly Artifact[]): Artifact[] {
  const names = new Set(more.map(({ name }) => name));
  return [...known.filter(({ name }) => !names.has(name)), ...more];
}

/** Text of a stored file of an attempt; undefined when there is none. */
export async function readArtifact(
  world: Pick<World, 'artifacts'>,
  job: { tenant: string; id: string },
  place: { round: number; attempt: number | 'job' },
  file: string,
): Promise<Uint8Array | undefined> {
  return await world.artifacts.get(artifactKey(job.tenant, job.id, artifactName(place.round, place.attempt, file)));
}
