import { createHash } from 'node:crypto';
import { type JsonObject, REGION } from '#local/parts';

/** A message as ReceiveMessage answers it, with all its attributes. */
export type ReceivedMessage = {
  MessageId: string;
  ReceiptHandle: string;
  Body: string;
  Attributes?: Record<string, string>;
  MessageAttributes?: Record<string, { StringValue?: string; BinaryValue?: string; DataType: string }>;
};

/** The event of a batch. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
export function recordsEvent(queueArn: string, messages: ReceivedMessage[]): string {
  const Records = messages.map((message) => ({
    messageId: message.MessageId,
    receiptHandle: message.ReceiptHandle,
    body: message.Body,
    attributes: message.Attributes ?? {},
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, { StringValue, BinaryValue, DataType }]) => [
        name,
        {
          ...(StringValue !== undefined && { stringValue: StringValue }),
          ...(BinaryValue !== undefined && { binaryValue: BinaryValue }),
          stringListValues: [],
          binaryListValues: [],
          dataType: DataType,
        },
      ]),
    ),
    md5OfBody: createHash('md5').update(message.Body).digest('hex'),
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: REGION,
  }));
  return JSON.stringify({ Records });
}

/**
 * The messages of a batch that are done, by what the function answered. Where the mapping reports item failures: no or
 * an empty list is success; an item that is not one of the batch, a list of another shape or no JSON at all means that
 * nothing is done. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function doneMessages(messages: ReceivedMessage[], payload: string): ReceivedMessage[] {
  const failures = failedIds(payload);
  if (!failures) return [];
  const known = new Set(messages.map(({ MessageId }) => MessageId));
  if (failures.some((id) => !known.has(id))) return [];
  return messages.filter(({ MessageId }) => !failures.includes(MessageId));
}

function failedIds(payload: string): string[] | undefined {
  let answer: JsonObject | null;
  try {
    answer = JSON.parse(payload === '' ? 'null' : payload) as JsonObject | null;
  } catch {
    return undefined; // the function answered something that is not JSON
  }
  const list = answer?.batchItemFailures ?? [];
  if (!Array.isArray(list)) return undefined;
  const ids = list.map((item) => (item as JsonObject | null)?.itemIdentifier);
  return ids.every((id) => typeof id === 'string' && id !== '') ? (ids as string[]) : undefined;
}
