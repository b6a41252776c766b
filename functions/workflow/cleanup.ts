import * as z from 'zod';
import { cleanupJob } from '#core/use-cases/cleanup-job';
import { CleanupInput } from '#core/workflow/steps';
import { stepEntry } from '#functions/runtime/step-entry';
import { stepsWorld } from './steps-world.ts';

export const handler = stepEntry(
  {
    name: 'Cleanup',
    input: CleanupInput,
    output: z.object({}),
    run: async (world, input) => {
      await cleanupJob(world, input);
      return {};
    },
  },
  stepsWorld,
);
