import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { ArtifactStore } from '#core/ports/artifact-store';
import type { Clock } from '#core/ports/clock';
import { presignSeconds } from '#core/workflow/limits';

/** Signatures have a resolution of a second and clocks differ by more: below this nothing would ever arrive in time. */
const shortestSeconds = 15;

export function s3ArtifactStore(parts: { s3: S3Client; bucket: string; clock: Clock }): ArtifactStore {
  const { s3, bucket: Bucket, clock } = parts;
  const scaled = (seconds: number) => Math.max(shortestSeconds, Math.ceil(seconds / clock.timeScale));

  return {
    async put(Key, Body, { contentType, sha256 }) {
      await s3.send(
        new PutObjectCommand({
          Bucket,
          Key,
          Body,
          ContentType: contentType,
          // Checked by S3: what is stored is what was hashed.
          ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
          Metadata: { sha256 },
        }),
      );
    },

    async get(Key, range) {
      const Range = range && `bytes=${range.from}-${range.from + range.bytes - 1}`;
      const object = await unlessAbsent(s3.send(new GetObjectCommand({ Bucket, Key, ...(Range && { Range }) })));
      return await object?.Body?.transformToByteArray();
    },

    async head(Key) {
      const object = await unlessAbsent(s3.send(new HeadObjectCommand({ Bucket, Key })));
      return object && { size: object.ContentLength ?? 0, sha256: object.Metadata?.sha256 };
    },

    async list(Prefix) {
      const found: Array<{ key: string; size: number }> = [];
      let ContinuationToken: string | undefined;
      do {
        const page = await s3.send(
          new ListObjectsV2Command({ Bucket, Prefix, ...(ContinuationToken && { ContinuationToken }) }),
        );
        for (const { Key, Size } of page.Contents ?? [])
          if (Key !== undefined) found.push({ key: Key, size: Size ?? 0 });
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken);
      return found;
    },

    async presignUpload(Key, maxBytes) {
      // A form, not a presigned PUT: only a form's policy can cap the size.
      const { url, fields } = await createPresignedPost(s3, {
        Bucket,
        Key,
        Conditions: [['content-length-range', 0, maxBytes]],
        Expires: scaled(presignSeconds.upload),
      });
      return { url, fields, max_bytes: maxBytes };
    },

    async presignDownload(Key, fileName) {
      const ResponseContentDisposition = `attachment; filename="${fileName.replace(/[^\w.-]/g, '_')}"`;
      return await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key, ResponseContentDisposition }), {
        expiresIn: scaled(presignSeconds.download),
      });
    },
  };
}

async function unlessAbsent<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof NoSuchKey || error instanceof NotFound) return undefined;
    throw error;
  }
}
