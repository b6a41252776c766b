import * as z from 'zod';
import { runAgent } from '#core/use-cases/run-agent';
import { RunAgentInput } from '#core/workflow/steps';
import { artifactPorts } from '#functions/aws/artifact-ports';
import { stepEntry } from '#functions/runtime/step-entry';
import { stepsWorld } from './steps-world.ts';

/** What it returns is not looked at: the state ends by its task token. */
export const handler = stepEntry(
  { name: 'RunAgent', input: RunAgentInput, output: z.object({}), run: runAgent },
  stepsWorld(artifactPorts),
);
