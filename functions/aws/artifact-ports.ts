import { S3Client } from '@aws-sdk/client-s3';
import type { Installation, World } from '#core/ports/world';
import type { Ground } from './aws-world.ts';
import { joined, lazily } from './lazily.ts';
import { patience } from './patience.ts';
import { s3ArtifactStore } from './s3-artifact-store.ts';

/** The bucket, and the one setting of the installation that only its client knows. */
export function artifactPorts({ world, need }: Ground): Pick<World, 'artifacts' | 'installation'> {
  // An object may have 20 MB.
  const client = lazily({ s3: () => new S3Client(patience(10_000)) });
  return lazily<Pick<World, 'artifacts' | 'installation'>>({
    artifacts: () => s3ArtifactStore({ s3: client.s3, bucket: need('ARTIFACTS_BUCKET'), clock: world.clock }),
    installation: () =>
      joined(
        world.installation,
        lazily<Pick<Installation, 'artifacts_host'>>({
          artifacts_host: () => hostOfBucket(client.s3, need('ARTIFACTS_BUCKET')),
        }),
      ),
  });
}

/**
 * The host of a bucket's presigned forms and links, as the SDK of this process makes them: its own endpoint rules,
 * without a call.
 */
function hostOfBucket(s3: S3Client, bucket: string): string {
  // Region and endpoint are the runtime's own variables, not our configuration: the SDK reads the same ones.
  // biome-ignore lint/style/noProcessEnv: see above
  const { AWS_REGION, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = process.env;
  const endpoint = AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL;
  const { url } = s3.config.endpointProvider({
    Bucket: bucket,
    ...(AWS_REGION !== undefined && { Region: AWS_REGION }),
    ...(endpoint !== undefined && { Endpoint: endpoint }),
  });
  return url.hostname;
}
