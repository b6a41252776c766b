import http from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { CreateTableCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startFauxqs } from 'fauxqs';
import { connectionsTable, coreTable, type Table } from '#core/tables';
import { documents } from '#functions/aws/documents';
import { onLoopback } from '#local/gateway/loopback';

/** DynamoDB, SQS, S3 and the socket side of API Gateway, in this process and on loopback, for the tests of adapters. */
export interface LocalAws {
  dynamo: DynamoDBClient;
  s3: S3Client;
  sqs: SQSClient;
  sockets: FakeSockets & { client: ApiGatewayManagementApiClient };
  /** Fresh and empty, with the keys and indexes of `core/tables.ts`. */
  createTables(): Promise<{ core: string; connections: string }>;
  createBucket(): string;
  /** Its URL. */
  createQueue(): string;
  /** All messages of a queue. */
  receive(queueUrl: string, count: number): Promise<string[]>;
  stop(): Promise<void>;
}

interface FakeSockets {
  posted: Array<{ id: string; message: unknown }>;
  gone: Set<string>;
}

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const region = 'us-east-1';

export async function startLocalAws(): Promise<LocalAws> {
  const dynalite = createRequire(import.meta.url)('dynalite') as (options: object) => http.Server;
  const tables = await listening(dynalite({ createTableMs: 0 }));
  const fauxqs = await onLoopback(() => startFauxqs({ port: 0, logger: false, defaultRegion: region }));
  const state: FakeSockets = { posted: [], gone: new Set() };
  const socketServer = await listening(socketEndpoint(state));
  const clientOf = (port: number) => ({ endpoint: `http://127.0.0.1:${port}`, region, credentials });
  const dynamo = new DynamoDBClient(clientOf(tables.port));
  const s3 = new S3Client({ ...clientOf(fauxqs.port), forcePathStyle: true });
  const sqs = new SQSClient({ ...clientOf(fauxqs.port), useQueueUrlAsEndpoint: false });
  const client = new ApiGatewayManagementApiClient(clientOf(socketServer.port));
  let count = 0;

  return {
    dynamo,
    s3,
    sqs,
    sockets: { ...state, client },
    async createTables() {
      count += 1;
      const names = { core: `core-${count}`, connections: `connections-${count}` };
      await createTable(dynamo, names.core, coreTable);
      await createTable(dynamo, names.connections, connectionsTable);
      return names;
    },
    createBucket: () => fauxqs.createBucket(`bucket-${++count}`).bucketName,
    createQueue: () => fauxqs.createQueue(`queue-${++count}`).queueUrl,
    receive: (queueUrl, wanted) => receive(sqs, queueUrl, wanted),
    async stop() {
      for (const one of [documents(dynamo), dynamo, s3, sqs, client]) one.destroy();
      await Promise.all([tables.stop(), socketServer.stop(), fauxqs.stop()]);
    },
  };
}

/** Returns when the table is ACTIVE: dynalite writes that down a moment after its answer, and refuses writes until then. */
async function createTable(dynamo: DynamoDBClient, TableName: string, table: Table): Promise<void> {
  await dynamo.send(createTableCommand(TableName, table));
  let status: string | undefined;
  while (status !== 'ACTIVE') status = (await dynamo.send(new DescribeTableCommand({ TableName }))).Table?.TableStatus;
}

function createTableCommand(TableName: string, table: Table): CreateTableCommand {
  const keysOf = ({ partitionKey, sortKey }: { partitionKey: string; sortKey: string }) => [
    { AttributeName: partitionKey, KeyType: 'HASH' as const },
    { AttributeName: sortKey, KeyType: 'RANGE' as const },
  ];
  const attributes = new Set([table, ...table.indexes].flatMap(({ partitionKey, sortKey }) => [partitionKey, sortKey]));
  return new CreateTableCommand({
    TableName,
    KeySchema: keysOf(table),
    AttributeDefinitions: [...attributes].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    BillingMode: 'PAY_PER_REQUEST',
    ...(table.indexes.length > 0 && {
      GlobalSecondaryIndexes: table.indexes.map((index) => ({
        IndexName: index.name,
        KeySchema: keysOf(index),
        Projection: { ProjectionType: 'KEYS_ONLY' as const },
      })),
    }),
  });
}

async function receive(sqs: SQSClient, QueueUrl: string, wanted: number): Promise<string[]> {
  const bodies: string[] = [];
  while (bodies.length < wanted) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
    );
    if (Messages.length === 0) break;
    bodies.push(...Messages.map(({ Body = '' }) => Body));
  }
  return bodies;
}

/** `POST` and `DELETE /@connections/{id}`, as API Gateway answers them. */
function socketEndpoint({ posted, gone }: FakeSockets): http.Server {
  return http.createServer(async (request, response) => {
    const id = decodeURIComponent(request.url?.split('/').at(-1) ?? '');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (gone.has(id)) {
      response.writeHead(410, { 'x-amzn-errortype': 'GoneException' }).end();
      return;
    }
    if (request.method === 'POST') posted.push({ id, message: JSON.parse(Buffer.concat(chunks).toString()) });
    else gone.add(id);
    response.writeHead(request.method === 'POST' ? 200 : 204).end();
  });
}

async function listening(server: http.Server): Promise<{ port: number; stop(): Promise<void> }> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
