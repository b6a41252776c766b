import { Duration } from 'aws-cdk-lib';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

/** Longest run of the dispatcher; the queue's visibility is six times it, as Lambda's documentation asks. */
export const dispatchTimeout = Duration.seconds(60);

/** Accepted jobs on their way to the dispatcher, and those that it failed five times. */
export class JobQueue extends Construct {
  readonly queue: sqs.Queue;
  readonly deadLetters: sqs.Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const shared = { encryption: sqs.QueueEncryption.SQS_MANAGED, enforceSSL: true };
    this.deadLetters = new sqs.Queue(this, 'DeadLetters', { ...shared, retentionPeriod: Duration.days(14) });
    this.queue = new sqs.Queue(this, 'Jobs', {
      ...shared,
      visibilityTimeout: Duration.seconds(6 * dispatchTimeout.toSeconds()),
      receiveMessageWaitTime: Duration.seconds(20),
      retentionPeriod: Duration.days(4),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: 5 },
    });
  }
}
