import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { startFauxqs } from 'fauxqs';
import type { Assembly, Json, JsonObject, Resource } from '#local/parts';
import { startDynalite } from './dynalite.ts';
import { callEngine, type Forwarded } from './engine-call.ts';
import type { Reply } from './exchange.ts';
import { onLoopback } from './loopback.ts';

/** The processes-within-the-process that keep the data: dynalite for tables, fauxqs for queues and buckets. */
export interface Engines {
  /** The tables' engine, asked within this process. It closes its files only as a server that listens. */
  dynamo(request: Forwarded): Promise<Reply>;
  dynamoPort: number;
  fauxqsPort: number;
  stop(): Promise<void>;
}

/**
 * Starts both engines on disk and on loopback, and creates what the template declares and the disk does not have yet.
 * Neither asks for a password: only the gateway may be handed to code.
 */
export async function startEngines(options: { stateDir: string; assembly: Assembly }): Promise<Engines> {
  const { stateDir, assembly } = options;
  const dynamo = await startDynalite(path.join(stateDir, 'dynamodb'));
  const dataDir = path.join(stateDir, 'queues-and-objects');
  mkdirSync(dataDir, { recursive: true });
  const fauxqs = await onLoopback(() => startFauxqs({ port: 0, dataDir, logger: false, defaultRegion: 'us-east-1' }));
  const engines: Engines = {
    dynamo: dynamo.call,
    dynamoPort: dynamo.port,
    fauxqsPort: fauxqs.port,
    stop: async () => {
      await Promise.all([dynamo.stop(), fauxqs.stop()]);
    },
  };
  try {
    await createTables(assembly, engines);
    await createQueues(assembly, engines);
    for (const bucket of assembly.byType('AWS::S3::Bucket')) fauxqs.createBucket(bucket.name);
  } catch (error) {
    await engines.stop();
    throw error;
  }
  return engines;
}

async function createTables(assembly: Assembly, engines: Engines): Promise<void> {
  const { TableNames } = await callEngine(engines, 'dynamodb', 'ListTables', {});
  for (const type of ['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable']) {
    for (const table of assembly.byType(type)) {
      if ((TableNames as Json[]).includes(table.name)) await requireSameKeys(table, engines);
      else await createTable(table, engines);
    }
  }
}

/** Ends when the table can be used: a little after the answer, as on AWS. */
async function createTable(table: Resource, engines: Engines): Promise<void> {
  await callEngine(engines, 'dynamodb', 'CreateTable', tableRequest(table));
  let status: Json | undefined;
  while (status !== 'ACTIVE') {
    const { Table } = await callEngine(engines, 'dynamodb', 'DescribeTable', { TableName: table.name });
    status = (Table as JsonObject).TableStatus;
  }
}

function tableRequest({ name, properties }: Resource): JsonObject {
  const indexes = (properties.GlobalSecondaryIndexes ?? []) as JsonObject[];
  return {
    TableName: name,
    KeySchema: properties.KeySchema ?? [],
    AttributeDefinitions: properties.AttributeDefinitions ?? [],
    BillingMode: 'PAY_PER_REQUEST',
    ...(indexes.length > 0 && {
      GlobalSecondaryIndexes: indexes.map(({ IndexName, KeySchema, Projection }) => ({
        IndexName: IndexName ?? '',
        KeySchema: KeySchema ?? [],
        Projection: Projection ?? { ProjectionType: 'ALL' },
      })),
    }),
  };
}

/** CloudFormation would replace a table whose keys changed; silently serving the old one would hide that. */
async function requireSameKeys(table: Resource, engines: Engines): Promise<void> {
  const { Table } = await callEngine(engines, 'dynamodb', 'DescribeTable', { TableName: table.name });
  const stored = Table as JsonObject;
  const keys = (of: JsonObject) =>
    ((of.KeySchema ?? []) as JsonObject[]).map(({ AttributeName, KeyType }) => `${AttributeName} ${KeyType}`);
  const shape = (of: JsonObject) => [
    keys(of),
    ((of.GlobalSecondaryIndexes ?? []) as JsonObject[]).map((index) => [index.IndexName, ...keys(index)].join()).sort(),
  ];
  if (JSON.stringify(shape(stored)) !== JSON.stringify(shape(tableRequest(table)))) {
    throw new Error(`the keys or indexes of table ${table.name} changed: remove the local state to start afresh`);
  }
}

/** Dead letter queues first: a redrive policy must name a queue that exists. */
async function createQueues(assembly: Assembly, engines: Engines): Promise<void> {
  const queues = assembly.byType('AWS::SQS::Queue');
  const inOrder = [...queues].sort(
    (a, b) => Number('RedrivePolicy' in a.properties) - Number('RedrivePolicy' in b.properties),
  );
  for (const queue of inOrder) {
    const Attributes = queueAttributes(queue);
    const existing = await callEngine(engines, 'sqs', 'ListQueues', { QueueNamePrefix: queue.name });
    const url = ((existing.QueueUrls ?? []) as string[]).find((known) => known.endsWith(`/${queue.name}`));
    if (url) await callEngine(engines, 'sqs', 'SetQueueAttributes', { QueueUrl: url, Attributes });
    else await callEngine(engines, 'sqs', 'CreateQueue', { QueueName: queue.name, Attributes });
  }
}

const QUEUE_ATTRIBUTES = [
  'VisibilityTimeout',
  'DelaySeconds',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'RedrivePolicy',
];

function queueAttributes({ logicalId, properties }: Resource): JsonObject {
  if (properties.FifoQueue) throw new Error(`${logicalId}: FIFO queues are not run here`);
  const attributes: JsonObject = {};
  for (const name of QUEUE_ATTRIBUTES) {
    const value = properties[name];
    if (value !== undefined) attributes[name] = typeof value === 'object' ? JSON.stringify(value) : String(value);
  }
  return attributes;
}
