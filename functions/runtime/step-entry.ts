import type * as z from 'zod';
import { PatchbayError } from '#core/errors';
import { caps } from '#core/workflow/limits';
import { chain, type LambdaHandler, logIdsOf, type WorldFactory } from './chain.ts';
import { parsed } from './problems.ts';

export interface Step<W, I extends z.ZodType, O extends z.ZodType> {
  name: string;
  input: I;
  output: O;
  run: (world: W, input: z.output<I>) => Promise<z.input<O>>;
}

/**
 * A state of the workflow. Errors pass unchanged: Lambda reports `error.name` as `errorType`, which the machine's Retry
 * and Catch match. A result over the cap is refused here: Step Functions would end the execution for it, uncatchably.
 */
export function stepEntry<W, I extends z.ZodType, O extends z.ZodType>(
  step: Step<W, I, O>,
  world: WorldFactory<W>,
): LambdaHandler<unknown, z.output<O>> {
  return chain(world, async (event, ports) => {
    const input = parsed(step.input, event, `input of step ${step.name}`);
    logIdsOf(input);
    const result = step.output.safeParse(await step.run(ports, input));
    if (!result.success) throw new Error(`Step ${step.name} returned what it may not.`, { cause: result.error });
    const bytes = Buffer.byteLength(JSON.stringify(result.data) ?? '');
    if (bytes > caps.stepResultBytes) {
      throw new PatchbayError('internal', `Step ${step.name} returned ${bytes} bytes, over ${caps.stepResultBytes}.`);
    }
    return result.data;
  });
}
