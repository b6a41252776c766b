import { callEngine } from '#local/gateway/engine-call';
import type { Engines } from '#local/gateway/engines';
import type { Assembly, Count } from '#local/parts';
import type { ReceivedMessage } from './queue-records.ts';
import type { SendToQueue } from './targets.ts';

/** The queues of the template for the parts of the stack that ask IAM themselves. */
export interface Queues {
  /** At most 10; waits up to `waitSeconds` for a first one. */
  receive(queueArn: string, most: number, waitSeconds: number, by: string): Promise<ReceivedMessage[]>;
  remove(queueArn: string, messages: ReceivedMessage[], by: string): Promise<void>;
  send: SendToQueue;
  /** Messages that could be received now. */
  depth(queueArn: string): Promise<number>;
}

export function createQueues(options: {
  engines: Pick<Engines, 'dynamo' | 'fauxqsPort'>;
  assembly: Assembly;
  count: Count;
}): Queues {
  const { engines, assembly, count } = options;
  // fauxqs finds a queue by the last part of its URL.
  const urlOf = (arn: string) => `http://127.0.0.1/000000000000/${assembly.find('AWS::SQS::Queue', arn).name}`;
  return {
    async receive(queueArn, most, waitSeconds, by) {
      const answer = await callEngine(engines, 'sqs', 'ReceiveMessage', {
        QueueUrl: urlOf(queueArn),
        MaxNumberOfMessages: Math.min(most, 10),
        WaitTimeSeconds: waitSeconds,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
      });
      const messages = (answer.Messages ?? []) as ReceivedMessage[];
      // Polling an empty queue is a fixed cost of an install, not one of a job: it is not in the ledger.
      if (messages.length > 0) count({ item: 'sqs:ReceiveMessage', units: 1, by });
      return messages;
    },
    async remove(queueArn, messages, by) {
      if (messages.length === 0) return;
      const Entries = messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle }));
      await callEngine(engines, 'sqs', 'DeleteMessageBatch', { QueueUrl: urlOf(queueArn), Entries });
      count({ item: 'sqs:DeleteMessageBatch', units: 1, by });
    },
    async depth(queueArn) {
      const request = { QueueUrl: urlOf(queueArn), AttributeNames: ['ApproximateNumberOfMessages'] };
      const { Attributes } = await callEngine(engines, 'sqs', 'GetQueueAttributes', request);
      return Number((Attributes as { ApproximateNumberOfMessages?: string }).ApproximateNumberOfMessages ?? Number.NaN);
    },
    async send(queueArn, body) {
      await callEngine(engines, 'sqs', 'SendMessage', { QueueUrl: urlOf(queueArn), MessageBody: body });
      count({ item: 'sqs:SendMessage', units: 1, by: 'events' });
    },
  };
}
