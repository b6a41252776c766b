import type { Note, World } from '#core/ports/world';
import { type AwsWorld, awsWorld } from '#functions/aws/aws-world';
import { joined, lazily } from '#functions/aws/lazily';
import { restSandboxLease } from '#functions/e2b/rest-sandbox-lease';
import { environment } from '#functions/runtime/environment';

type LeaseWorld = Pick<World, 'sandboxLease'>;
export type CallbacksWorld = AwsWorld & LeaseWorld;

/** AWS, and two REST calls of the sandbox provider: its SDK stays out of this bundle. */
export function callbacksWorld(note: Note): CallbacksWorld {
  const env = environment('callbacks');
  const aws = awsWorld(env, note);
  const lease = lazily<LeaseWorld>({
    sandboxLease: () =>
      restSandboxLease({
        apiKey: async () => (await aws.secrets.text(env.E2B_SECRET)).trim(),
        domain: env.E2B_DOMAIN,
        apiUrl: env.E2B_API_URL,
        clock: aws.clock,
      }),
  });
  return joined(aws, lease);
}
