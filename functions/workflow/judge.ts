import { judge } from '#core/use-cases/judge';
import { JudgeInput, JudgeResult } from '#core/workflow/steps';
import { artifactPorts } from '#functions/aws/artifact-ports';
import { awsWorld } from '#functions/aws/aws-world';
import { livePorts } from '#functions/aws/live-ports';
import { environment } from '#functions/runtime/environment';
import { stepEntry } from '#functions/runtime/step-entry';

/** It works on what is stored: no sandbox, and no SDK for one in this bundle. */
export const handler = stepEntry({ name: 'Judge', input: JudgeInput, output: JudgeResult, run: judge }, (note) =>
  awsWorld(environment('steps'), note, artifactPorts, livePorts),
);
