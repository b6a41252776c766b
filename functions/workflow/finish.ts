import { finish } from '#core/use-cases/finish';
import { FinishInput, FinishResult } from '#core/workflow/steps';
import { artifactPorts } from '#functions/aws/artifact-ports';
import { livePorts } from '#functions/aws/live-ports';
import { queuePorts } from '#functions/aws/queue-ports';
import { stepEntry } from '#functions/runtime/step-entry';
import { stepsWorld } from './steps-world.ts';

export const handler = stepEntry(
  { name: 'Finish', input: FinishInput, output: FinishResult, run: finish },
  stepsWorld(artifactPorts, livePorts, queuePorts),
);
