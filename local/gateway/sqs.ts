import { ACCOUNT, type JsonObject, REGION } from '#local/parts';
import { forward } from './engine-call.ts';
import type { Reply } from './exchange.ts';
import { authorize, type Backstage, notMapped, type SdkCall, type SdkService } from './sdk-call.ts';

/** Operations on one queue, with the IAM action of each. */
const ACTIONS: Record<string, string> = {
  SendMessage: 'SendMessage',
  SendMessageBatch: 'SendMessage',
  ReceiveMessage: 'ReceiveMessage',
  DeleteMessage: 'DeleteMessage',
  DeleteMessageBatch: 'DeleteMessage',
  ChangeMessageVisibility: 'ChangeMessageVisibility',
  ChangeMessageVisibilityBatch: 'ChangeMessageVisibility',
  GetQueueAttributes: 'GetQueueAttributes',
  GetQueueUrl: 'GetQueueUrl',
  PurgeQueue: 'PurgeQueue',
};

/** SQS in front of fauxqs, which finds a queue by the last part of its URL, whatever host is before it. */
export function sqsService(backstage: Backstage, sdkAddress: () => string): SdkService {
  return async (call) => {
    const { operation, input, request } = call;
    const action = ACTIONS[operation];
    if (!action) throw notMapped('sqs', operation);
    // The field that the engine reads, and no other: what is authorized is what is done.
    const name = String(operation === 'GetQueueUrl' ? input.QueueName : input.QueueUrl).replace(/^.*\//s, '');
    authorize(backstage, call, `sqs:${action}`, queueArn(name));
    const reply = await forward(backstage.engines.fauxqsPort, { ...request, url: '/', headers: request.headers });
    if (reply.status === 200) {
      backstage.count({ item: `sqs:${operation}`, units: requestUnits(call, reply), by: call.by });
    }
    return operation === 'GetQueueUrl' && reply.status === 200 ? withOwnUrl(reply, sdkAddress(), name) : reply;
  };
}

function queueArn(name: string): string {
  return `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`;
}

/** Every started 64 KB of what is sent or received is one request. https://aws.amazon.com/sqs/pricing/ */
function requestUnits({ operation, request }: SdkCall, reply: Reply): number {
  const payload = operation === 'ReceiveMessage' ? reply.body : request.body;
  return Math.max(1, Math.ceil(payload.length / 65_536));
}

function withOwnUrl(reply: Reply, sdkAddress: string, name: string): Reply {
  const body: JsonObject = { QueueUrl: `${sdkAddress}/${ACCOUNT}/${name}` };
  return { ...reply, body: Buffer.from(JSON.stringify(body)) };
}
