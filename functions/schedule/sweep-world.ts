import type { Note, World } from '#core/ports/world';
import { artifactPorts } from '#functions/aws/artifact-ports';
import { awsWorld } from '#functions/aws/aws-world';
import { joined } from '#functions/aws/lazily';
import { livePorts } from '#functions/aws/live-ports';
import { queuePorts } from '#functions/aws/queue-ports';
import { workflowPorts } from '#functions/aws/workflow-ports';
import { e2bWorld } from '#functions/e2b/e2b-world';
import { environment } from '#functions/runtime/environment';

/** What the nets outside the machine work with: the steps' world, and the workflow engine itself. */
export function sweepWorld(note: Note): Omit<World, 'sandboxLease' | 'codeHost'> {
  const env = environment('sweep');
  const aws = awsWorld(env, note, artifactPorts, livePorts, queuePorts, workflowPorts);
  return joined(aws, e2bWorld(env));
}
