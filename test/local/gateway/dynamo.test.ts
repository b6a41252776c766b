import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type ReturnValue,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aGateway, type TestGateway } from '#test/support/a-gateway';
import { allow, anAssembly, aRole, arnOf } from '#test/support/an-assembly';

const table = arnOf('AWS::DynamoDB::GlobalTable', 'Core');
const name = 'test-Core';

const assembly = anAssembly({
  Core: {
    type: 'AWS::DynamoDB::GlobalTable',
    properties: {
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: ['pk', 'sk', 'outbox', 'at'].map((one) => ({ AttributeName: one, AttributeType: 'S' })),
      GlobalSecondaryIndexes: [
        {
          IndexName: 'byOutbox',
          KeySchema: [
            { AttributeName: 'outbox', KeyType: 'HASH' },
            { AttributeName: 'at', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
      TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
    },
  },
  ...aRole('Api', [allow('dynamodb:*', [table, `${table}/index/*`])]),
  ...aRole('Tenant', [
    allow(['dynamodb:Query', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:BatchGetItem'], table, {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['J#a#*'] },
    }),
  ]),
  ...aRole('Stranger', []),
});

describe('DynamoDB behind the gateway', () => {
  let gateway: TestGateway;
  let db: DynamoDBClient;
  const as = (role: string) => new DynamoDBClient(gateway.clientAs(arnOf('AWS::IAM::Role', role)).sdk);
  const item = (pk: string, more: object = {}) => ({ pk: { S: pk }, sk: { S: 'JOB' }, ...more });

  beforeAll(async () => {
    gateway = await aGateway(assembly);
    db = as('Api');
  });
  afterAll(() => gateway.stop());
  beforeEach(() => {
    gateway.counted.length = 0;
  });

  it('keeps items, and honours conditions', async () => {
    await db.send(new PutItemCommand({ TableName: name, Item: item('J#a#1', { v: { N: '1' } }) }));
    const update = {
      TableName: name,
      Key: item('J#a#1'),
      UpdateExpression: 'ADD v :one',
      ConditionExpression: 'v = :v',
    };

    await db.send(
      new UpdateItemCommand({ ...update, ExpressionAttributeValues: { ':one': { N: '1' }, ':v': { N: '1' } } }),
    );
    const again = db.send(
      new UpdateItemCommand({ ...update, ExpressionAttributeValues: { ':one': { N: '1' }, ':v': { N: '1' } } }),
    );

    await expect(again).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    const { Item } = await db.send(new GetItemCommand({ TableName: name, Key: item('J#a#1'), ConsistentRead: true }));
    expect(Item).toMatchObject({ v: { N: '2' } });
  });

  it('answers by ARN of the table, and scans consistently', async () => {
    await db.send(new PutItemCommand({ TableName: table, Item: item('J#arn#1') }));

    const { Items } = await db.send(new ScanCommand({ TableName: name, ConsistentRead: true }));

    expect(Items?.map(({ pk }) => pk?.S)).toContain('J#arn#1');
  });

  it('denies a role without a policy, in the words of AWS', async () => {
    const call = as('Stranger').send(new GetItemCommand({ TableName: name, Key: item('J#a#1') }));

    await expect(call).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('is not authorized to perform: dynamodb:GetItem on resource'),
    });
  });

  it('limits a role to its leading keys, in items, keys, batches and queries', async () => {
    const tenant = as('Tenant');
    const query = (pk: string) =>
      new QueryCommand({
        TableName: name,
        KeyConditionExpression: '#p = :p AND begins_with(sk, :s)',
        ExpressionAttributeNames: { '#p': 'pk' },
        ExpressionAttributeValues: { ':p': { S: pk }, ':s': { S: 'J' } },
      });
    const batch = (...keys: string[]) =>
      new BatchGetItemCommand({ RequestItems: { [name]: { Keys: keys.map((pk) => item(pk)) } } });

    await expect(tenant.send(query('J#a#1'))).resolves.toBeDefined();
    await expect(tenant.send(batch('J#a#1', 'J#a#2'))).resolves.toBeDefined();
    await expect(tenant.send(new PutItemCommand({ TableName: name, Item: item('J#a#3') }))).resolves.toBeDefined();
    await expect(tenant.send(query('J#b#1'))).rejects.toThrow('not authorized');
    await expect(tenant.send(batch('J#a#1', 'J#b#1'))).rejects.toThrow('not authorized');
    await expect(tenant.send(new PutItemCommand({ TableName: name, Item: item('J#b#3') }))).rejects.toThrow(
      'not authorized',
    );
    await expect(tenant.send(new ScanCommand({ TableName: name }))).rejects.toThrow('not authorized');
  });

  it('refuses by name what the engine would ignore', async () => {
    const put = new PutItemCommand({
      TableName: name,
      Item: item('J#a#9'),
      ConditionExpression: 'attribute_not_exists(pk)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    const transaction = new TransactWriteItemsCommand({
      TransactItems: [{ Put: { TableName: name, Item: item('x') } }],
    });

    await expect(db.send(put)).rejects.toThrow('does not honour ReturnValuesOnConditionCheckFailure');
    await expect(db.send(transaction)).rejects.toThrow('does not run dynamodb:TransactWriteItems');
  });

  it('counts write units of the item and of its index entries', async () => {
    const long = { S: 'x'.repeat(2_000) };
    const marked = { outbox: { S: 'O#0' }, at: { S: '1' } };
    const count = async (work: Promise<unknown>) => {
      gateway.counted.length = 0;
      await work.catch(() => undefined);
      return gateway.counted.map(({ item: what, units }) => `${what} ${units}`);
    };
    const put = (more: object) => db.send(new PutItemCommand({ TableName: name, Item: item('J#c#1', more) }));
    const change = (expression: string, values: Record<string, { S: string }>, ReturnValues: ReturnValue = 'NONE') =>
      db.send(
        new UpdateItemCommand({
          TableName: name,
          Key: item('J#c#1'),
          UpdateExpression: expression,
          ReturnValues,
          ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
        }),
      );

    expect(await count(put({}))).toEqual(['dynamodb:PutItem 1']);
    expect(await count(put({ long, ...marked }))).toEqual(['dynamodb:PutItem 2', 'dynamodb:IndexWrite 1']);
    expect(await count(change('SET colour = :c', { ':c': { S: 'red' } }))).toEqual(['dynamodb:UpdateItem 2']);
    expect(await count(change('SET #a = :a'.replace('#a', 'outbox'), { ':a': { S: 'O#1' } }))).toEqual([
      'dynamodb:UpdateItem 2',
      'dynamodb:IndexWrite 2',
    ]);
    expect(await count(change('REMOVE outbox', {}))).toEqual(['dynamodb:UpdateItem 2', 'dynamodb:IndexWrite 1']);
    expect(await count(change('SET outbox = :a', { ':a': { S: 'O#2' } }, 'ALL_NEW'))).toEqual([
      'dynamodb:UpdateItem 2',
      'dynamodb:IndexWrite 1',
    ]);
    expect(await count(change('REMOVE outbox', {}, 'ALL_NEW'))).toEqual([
      'dynamodb:UpdateItem 2',
      'dynamodb:IndexWrite 1',
    ]);
    expect(
      await count(
        db.send(
          new BatchWriteItemCommand({
            RequestItems: {
              [name]: [{ PutRequest: { Item: item('J#c#2', marked) } }, { DeleteRequest: { Key: item('J#c#1') } }],
            },
          }),
        ),
      ),
    ).toEqual(['dynamodb:BatchWriteItem 1', 'dynamodb:IndexWrite 1', 'dynamodb:BatchWriteItem 2']);
  });

  it('counts reads by their size and consistency, and shows the figure only to who asked', async () => {
    const get = (ConsistentRead: boolean) =>
      db.send(new GetItemCommand({ TableName: name, Key: item('J#a#1'), ConsistentRead }));

    const answer = await get(true);
    await get(false);

    expect(answer.ConsumedCapacity).toBeUndefined();
    expect(gateway.counted).toEqual([
      { item: 'dynamodb:GetItem', units: 1, by: 'test-Api' },
      { item: 'dynamodb:GetItem', units: 0.5, by: 'test-Api' },
    ]);
  });
});
