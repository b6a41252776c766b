import { collect } from '#core/use-cases/collect';
import { CollectInput, CollectResult } from '#core/workflow/steps';
import { artifactPorts } from '#functions/aws/artifact-ports';
import { livePorts } from '#functions/aws/live-ports';
import { stepEntry } from '#functions/runtime/step-entry';
import { stepsWorld } from './steps-world.ts';

export const handler = stepEntry(
  { name: 'Collect', input: CollectInput, output: CollectResult, run: collect },
  stepsWorld(artifactPorts, livePorts),
);
