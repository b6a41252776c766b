import { createSandbox } from '#core/use-cases/create-sandbox';
import { CreateSandboxResult, SandboxStep } from '#core/workflow/steps';
import { artifactPorts } from '#functions/aws/artifact-ports';
import { livePorts } from '#functions/aws/live-ports';
import { stepEntry } from '#functions/runtime/step-entry';
import { stepsWorld } from './steps-world.ts';

export const handler = stepEntry(
  { name: 'CreateSandbox', input: SandboxStep, output: CreateSandboxResult, run: createSandbox },
  stepsWorld(artifactPorts, livePorts),
);
