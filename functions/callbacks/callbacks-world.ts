import type { Note, World } from '#core/ports/world';
import { artifactPorts } from '#functions/aws/artifact-ports';
import { awsSecrets } from '#functions/aws/aws-secrets';
import { awsWorld } from '#functions/aws/aws-world';
import { joined, lazily } from '#functions/aws/lazily';
import { livePorts } from '#functions/aws/live-ports';
import { workflowPorts } from '#functions/aws/workflow-ports';
import { e2bKey } from '#functions/e2b/e2b-key';
import { restSandboxLease } from '#functions/e2b/rest-sandbox-lease';
import { environment } from '#functions/runtime/environment';

export type CallbacksWorld = Omit<World, 'sandboxes' | 'codeHost' | 'queue'>;

/** AWS, and two REST calls of the sandbox provider: its SDK stays out of this bundle. */
export function callbacksWorld(note: Note): CallbacksWorld {
  const env = environment('callbacks');
  const aws = awsWorld(env, note, artifactPorts, livePorts, workflowPorts);
  const lease = lazily<Pick<World, 'sandboxLease'>>({
    sandboxLease: () =>
      restSandboxLease({
        apiKey: e2bKey(awsSecrets(), env.E2B_SECRET),
        domain: env.E2B_DOMAIN,
        apiUrl: env.E2B_API_URL,
        clock: aws.clock,
      }),
  });
  return joined(aws, lease);
}
