import { chain, type LambdaHandler, type WorldFactory } from './chain.ts';

export interface Schedule<W> {
  name: string;
  /** How many ms are left before Lambda ends the call. */
  run: (world: W, remainingMs: () => number) => Promise<void>;
}

/** Started by the clock; its input says nothing. A throw is an error of the function, which is watched. */
export function scheduleEntry<W>(schedule: Schedule<W>, world: WorldFactory<W>): LambdaHandler<unknown, void> {
  return chain(world, (_event, ports, context) => schedule.run(ports, () => context.getRemainingTimeInMillis()));
}
