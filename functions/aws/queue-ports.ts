import { SQSClient } from '@aws-sdk/client-sqs';
import type { World } from '#core/ports/world';
import type { Ground } from './aws-world.ts';
import { lazily } from './lazily.ts';
import { patience } from './patience.ts';
import { sqsJobQueue } from './sqs-job-queue.ts';

export function queuePorts({ need }: Ground): Pick<World, 'queue'> {
  return lazily({ queue: () => sqsJobQueue({ sqs: new SQSClient(patience(3_000)), queueUrl: need('QUEUE_URL') }) });
}
