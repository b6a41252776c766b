import { endAttempt } from '#core/use-cases/end-attempt';
import { AttemptResult, EndAttemptInput } from '#core/workflow/steps';
import { artifactPorts } from '#functions/aws/artifact-ports';
import { livePorts } from '#functions/aws/live-ports';
import { queuePorts } from '#functions/aws/queue-ports';
import { stepEntry } from '#functions/runtime/step-entry';
import { stepsWorld } from './steps-world.ts';

export const handler = stepEntry(
  { name: 'EndAttempt', input: EndAttemptInput, output: AttemptResult, run: endAttempt },
  stepsWorld(artifactPorts, livePorts, queuePorts),
);
