import { finish } from '#core/use-cases/finish';
import { FinishInput, FinishResult } from '#core/workflow/steps';
import { stepEntry } from '#functions/runtime/step-entry';
import { stepsWorld } from './steps-world.ts';

export const handler = stepEntry({ name: 'Finish', input: FinishInput, output: FinishResult, run: finish }, stepsWorld);
