import { sweep } from '#core/use-cases/sweep';
import { scheduleEntry } from '#functions/runtime/schedule-entry';
import { sweepWorld } from './sweep-world.ts';

export const handler = scheduleEntry(
  {
    name: 'sweep',
    run: async (world, remainingMs) => {
      await sweep(world, remainingMs);
    },
  },
  sweepWorld,
);
