import type { Note, World } from '#core/ports/world';
import { awsWorld } from '#functions/aws/aws-world';
import { joined } from '#functions/aws/lazily';
import { e2bWorld } from '#functions/e2b/e2b-world';
import { environment } from '#functions/runtime/environment';

/** What the nets outside the machine work with: the steps' world, and the workflow engine itself. */
export function sweepWorld(note: Note): Omit<World, 'sandboxLease' | 'codeHost'> {
  const env = environment('sweep');
  const aws = awsWorld(env, note);
  const apiKey = async () => (await aws.secrets.text(env.E2B_SECRET)).trim();
  return joined(aws, e2bWorld(env, apiKey));
}
