import * as z from 'zod';

/** A stored file. The manifest of a job lists all of them at every end. */
export const Artifact = z.object({
  name: z
    .string()
    .describe('`<round>/<attempt>/<name>`, e.g. `1/2/diff.patch`; `1/job/manifest.json` for those of the job.'),
  size: z.int().nonnegative().describe('Bytes.'),
  sha256: z.string().describe('Of its bytes, in hexadecimal.'),
  content_type: z.string(),
  partial: z
    .boolean()
    .default(false)
    .describe(
      'Of an attempt that was stopped before its end: a checkpoint, or what it left when it was told to finish.',
    ),
});
export type Artifact = z.infer<typeof Artifact>;

const contentTypes: Record<string, string> = {
  patch: 'text/x-diff; charset=utf-8',
  json: 'application/json',
  txt: 'text/plain; charset=utf-8',
  gz: 'application/gzip',
  tar: 'application/x-tar',
};

export function contentTypeOf(name: string): string {
  return contentTypes[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
}

/** The S3 key of an artifact. `name` as in `Artifact.name`. */
export function artifactKey(tenant: string, jobId: string, name: string): string {
  return `${tenant}/${jobId}/${name}`;
}

export function artifactName(round: number, attempt: number | 'job', file: string): string {
  return `${round}/${attempt}/${file}`;
}
