import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { JobQueue } from '#core/ports/job-queue';

/**
 * `MessageGroupId` on a standard queue makes it fair: a tenant with many jobs does not hold up the others.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
 */
export function sqsJobQueue({ sqs, queueUrl }: { sqs: SQSClient; queueUrl: string }): JobQueue {
  return {
    async send(message) {
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: JSON.stringify(message),
          // At most 128 of the printable characters; two tenants that share a group lose only fairness to each other.
          MessageGroupId: encodeURIComponent(message.tenant).slice(0, 128),
          MessageAttributes: { job_id: { DataType: 'String', StringValue: message.job_id } },
        }),
      );
    },
  };
}
