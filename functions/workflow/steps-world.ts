import type { CodeHost } from '#core/ports/code-host';
import type { Note, World } from '#core/ports/world';
import { type AwsWorld, awsWorld } from '#functions/aws/aws-world';
import { joined } from '#functions/aws/lazily';
import { hostsOf } from '#functions/code-host/code-hosts';
import { e2bWorld } from '#functions/e2b/e2b-world';
import { environment } from '#functions/runtime/environment';

export type StepsWorld = AwsWorld & Pick<World, 'sandboxes'> & { codeHost: Pick<CodeHost, 'hosts'> };

/** What the states of the machine work with: AWS, and the sandbox provider. */
export function stepsWorld(note: Note): StepsWorld {
  const env = environment('steps');
  const aws = awsWorld(env, note);
  const apiKey = async () => (await aws.secrets.text(env.E2B_SECRET)).trim();
  return joined(joined(aws, e2bWorld(env, apiKey)), { codeHost: { hosts: hostsOf } });
}
