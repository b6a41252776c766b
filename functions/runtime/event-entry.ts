import type { EventBridgeEvent } from 'aws-lambda';
import type * as z from 'zod';
import { chain, type LambdaHandler, logIdsOf, type WorldFactory } from './chain.ts';
import { parsed } from './problems.ts';

export interface Rule<W, D extends z.ZodType> {
  name: string;
  /** Of the event's detail. */
  detail: D;
  run: (world: W, detail: z.output<D>) => Promise<void>;
}

/**
 * A rule's target. Delivered is as soon as Lambda has queued the event: after a throw Lambda calls twice more, a minute
 * and two later, then drops it, and the rule's dead letters never see it. What it says must be found by the sweeper too.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
 */
export function eventEntry<W, D extends z.ZodType>(
  rule: Rule<W, D>,
  world: WorldFactory<W>,
): LambdaHandler<EventBridgeEvent<string, unknown>, void> {
  return chain(world, async (event, ports) => {
    const detail = parsed(rule.detail, event.detail, `detail of rule ${rule.name}`);
    logIdsOf(detail);
    await rule.run(ports, detail);
  });
}
