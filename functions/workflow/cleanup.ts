import * as z from 'zod';
import { cleanupJob } from '#core/use-cases/cleanup-job';
import { CleanupInput } from '#core/workflow/steps';
import { artifactPorts } from '#functions/aws/artifact-ports';
import { livePorts } from '#functions/aws/live-ports';
import { queuePorts } from '#functions/aws/queue-ports';
import { workflowPorts } from '#functions/aws/workflow-ports';
import { stepEntry } from '#functions/runtime/step-entry';
import { stepsWorld } from './steps-world.ts';

const world = stepsWorld(artifactPorts, livePorts, queuePorts, workflowPorts);

export const handler = stepEntry(
  {
    name: 'Cleanup',
    input: CleanupInput,
    output: z.object({}),
    run: async (ports, input) => {
      await cleanupJob(ports, input);
      return {};
    },
  },
  world,
);
