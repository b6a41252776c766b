import * as z from 'zod';
import type { Note, World } from '#core/ports/world';
import { dispatchJob } from '#core/use-cases/dispatch-job';
import { awsWorld } from '#functions/aws/aws-world';
import { joined } from '#functions/aws/lazily';
import { livePorts } from '#functions/aws/live-ports';
import { queuePorts } from '#functions/aws/queue-ports';
import { workflowPorts } from '#functions/aws/workflow-ports';
import { gitCodeHost } from '#functions/code-host/git-code-host';
import { environment } from '#functions/runtime/environment';
import { queueEntry } from '#functions/runtime/queue-entry';

const JobMessage = z.object({ tenant: z.string(), job_id: z.string(), round: z.int() });

type DispatchWorld = Pick<World, Exclude<keyof World, 'sandboxes' | 'sandboxLease' | 'artifacts'>>;

function dispatchWorld(note: Note): DispatchWorld {
  const env = environment('dispatch');
  return joined(awsWorld(env, note, livePorts, queuePorts, workflowPorts), {
    codeHost: gitCodeHost({ url: env.CODE_HOST_URL }),
  });
}

export const handler = queueEntry<DispatchWorld, typeof JobMessage>(
  {
    name: 'jobs',
    message: JobMessage,
    run: async (world, message) => {
      const dispatched = await dispatchJob(world, message);
      world.note('message taken', { job_id: message.job_id, dispatched });
    },
  },
  dispatchWorld,
);
