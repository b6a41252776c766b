import { describe, expect, it } from 'vitest';
import { doneMessages, recordsEvent } from '#local/events/queue-records';

const messages = ['a', 'b'].map((id) => ({ MessageId: id, ReceiptHandle: `r-${id}`, Body: id }));
const done = (answer: string) => doneMessages(messages, answer).map(({ MessageId }) => MessageId);

describe('item failures', () => {
  it.each([
    ['null', ['a', 'b']],
    ['', ['a', 'b']],
    ['{}', ['a', 'b']],
    ['{"batchItemFailures": null}', ['a', 'b']],
    ['{"batchItemFailures": []}', ['a', 'b']],
    ['{"batchItemFailures": [{"itemIdentifier": "a"}]}', ['b']],
    ['{"batchItemFailures": [{"itemIdentifier": "c"}]}', []],
    ['{"batchItemFailures": [{"itemIdentifier": ""}]}', []],
    ['{"batchItemFailures": [{"itemIdentifer": "a"}]}', []],
    ['{"batchItemFailures": [null]}', []],
    ['{"batchItemFailures": "a"}', []],
    ['done', []],
  ])('%s leaves %j done', (answer, expected) => {
    expect(done(answer)).toEqual(expected);
  });
});

describe('records', () => {
  it('carry message attributes in the spelling of events', () => {
    const MessageAttributes = { job_id: { DataType: 'String', StringValue: 'j1' } };

    const { Records } = JSON.parse(recordsEvent('arn:q', [{ ...messages[0]!, MessageAttributes }]));

    expect(Records[0]).toMatchObject({
      messageAttributes: {
        job_id: { stringValue: 'j1', dataType: 'String', stringListValues: [], binaryListValues: [] },
      },
      md5OfBody: '0cc175b9c0f1b6a831c399e269772661',
    });
  });
});
