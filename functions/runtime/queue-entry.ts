import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import type * as z from 'zod';
import { PatchbayError } from '#core/errors';
import { chain, type LambdaHandler, logIdsOf, type WorldFactory } from './chain.ts';
import { parsed } from './problems.ts';
import { logger, measure } from './telemetry.ts';

export interface Queue<W, M extends z.ZodType> {
  name: string;
  /** Of a message's JSON body. */
  message: M;
  run: (world: W, message: z.output<M>) => Promise<void>;
}

/**
 * A queue's reader, with ReportBatchItemFailures: each message fails for itself and comes again until the dead letter
 * queue takes it. One that cannot be read goes the same way: dropping it would hide who wrote it.
 */
export function queueEntry<W, M extends z.ZodType>(
  queue: Queue<W, M>,
  world: WorldFactory<W>,
): LambdaHandler<SQSEvent, SQSBatchResponse> {
  return chain(world, async (event, ports) => {
    const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
    for (const record of event.Records) {
      try {
        const message = parsed(queue.message, json(record), `message of queue ${queue.name}`);
        logIdsOf(message);
        await queue.run(ports, message);
      } catch (error) {
        measure({ Faults: 1 });
        logger.error('message failed', {
          error: error as Error,
          message_id: record.messageId,
          receives: receives(record),
        });
        batchItemFailures.push({ itemIdentifier: record.messageId });
      }
    }
    return { batchItemFailures };
  });
}

function json(record: SQSRecord): unknown {
  try {
    return JSON.parse(record.body);
  } catch (cause) {
    throw new PatchbayError('invalid_request', 'The message is not JSON.', { cause });
  }
}

function receives(record: SQSRecord): number {
  return Number(record.attributes.ApproximateReceiveCount);
}
