import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { callEngine } from '#local/gateway/engine-call';
import { type Engines, startEngines } from '#local/gateway/engines';
import { anAssembly, arnOf } from '#test/support/an-assembly';

const stateDir = mkdtempSync(path.join(tmpdir(), 'patchbay-engines-'));
let running: Engines | undefined;
const start = async (declared: Parameters<typeof anAssembly>[0]) => {
  running = await startEngines({ stateDir, assembly: anAssembly(declared) });
  return running;
};
afterEach(async () => {
  await running?.stop();
  running = undefined;
  rmSync(stateDir, { recursive: true, force: true });
});

const table = (key: string) => ({
  Core: {
    type: 'AWS::DynamoDB::Table',
    properties: {
      KeySchema: [{ AttributeName: key, KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: key, AttributeType: 'S' }],
    },
  },
});
const queues = (visibility: number) => ({
  Jobs: {
    type: 'AWS::SQS::Queue',
    properties: {
      VisibilityTimeout: visibility,
      RedrivePolicy: { deadLetterTargetArn: arnOf('AWS::SQS::Queue', 'Dead'), maxReceiveCount: 5 },
    },
  },
  Dead: { type: 'AWS::SQS::Queue' },
});

describe('the engines', () => {
  it('listen on loopback only', async () => {
    const { dynamoPort, fauxqsPort } = await start({});

    // Whoever listens on 0.0.0.0 answers here as well.
    const reach = (port: number, host: string) =>
      new Promise((resolve) => {
        const socket = net.connect({ port, host, timeout: 500 });
        for (const event of ['connect', 'error', 'timeout']) {
          socket.once(event, () => {
            socket.destroy();
            resolve(event === 'connect');
          });
        }
      });

    for (const port of [dynamoPort, fauxqsPort]) {
      expect(await reach(port, '127.0.0.1')).toBe(true);
      expect(await reach(port, '127.0.0.2')).toBe(false);
    }
  });

  it('find their data again, and follow a changed queue', async () => {
    const first = await start({ ...table('pk'), ...queues(60) });
    await callEngine(first, 'dynamodb', 'PutItem', { TableName: 'test-Core', Item: { pk: { S: 'a' } } });
    await callEngine(first, 'sqs', 'SendMessage', { QueueUrl: '/0/test-Jobs', MessageBody: 'kept' });
    await first.stop();

    const second = await start({ ...table('pk'), ...queues(90) });

    const { Item } = await callEngine(second, 'dynamodb', 'GetItem', {
      TableName: 'test-Core',
      Key: { pk: { S: 'a' } },
    });
    const received = await callEngine(second, 'sqs', 'ReceiveMessage', { QueueUrl: '/0/test-Jobs' });
    const { Attributes } = await callEngine(second, 'sqs', 'GetQueueAttributes', {
      QueueUrl: '/0/test-Jobs',
      AttributeNames: ['All'],
    });
    expect(Item).toEqual({ pk: { S: 'a' } });
    expect(received.Messages).toMatchObject([{ Body: 'kept' }]);
    expect(Attributes).toMatchObject({ VisibilityTimeout: '90', QueueArn: arnOf('AWS::SQS::Queue', 'Jobs') });
  });

  it('answer what was asked before they stop, and nothing after', async () => {
    const engines = await start(table('pk'));
    const put = (id: number) =>
      callEngine(engines, 'dynamodb', 'PutItem', { TableName: 'test-Core', Item: { pk: { S: String(id) } } });
    const asked = Array.from({ length: 50 }, (_, id) => put(id));

    await engines.stop();

    expect(await Promise.all(asked)).toEqual(asked.map(() => ({})));
    await expect(put(50)).rejects.toMatchObject({ code: 'ServiceUnavailable' });
  });

  it('refuse a table whose keys are no longer those on disk', async () => {
    const first = await start(table('pk'));
    await first.stop();

    await expect(start(table('id'))).rejects.toThrow('table test-Core changed');
  });
});
