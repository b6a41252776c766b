/** Handlers of the sample application: bundled into each of its functions, never loaded by a test. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiGatewayManagementApiClient, PostToConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi';
import { DeleteItemCommand, DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SendTaskSuccessCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { APIGatewayProxyEventV2, Context, SQSEvent } from 'aws-lambda';

const { TABLE: TableName, BUCKET = '', QUEUE_URL: QueueUrl, MACHINE: stateMachineArn, CALLBACK } = process.env;
const dynamo = new DynamoDBClient({});
const s3 = new S3Client({});
const sfn = new SFNClient({});

const json = (statusCode: number, body: unknown) => ({ statusCode, body: JSON.stringify(body) });
const put = (pk: string, more: Record<string, { S: string }> = {}) =>
  dynamo.send(new PutItemCommand({ TableName, Item: { pk: { S: pk }, ...more } }));

/** POST /solve: one message for the body. GET /context: what the handler sees of the template. */
export async function solve({ rawPath, body }: APIGatewayProxyEventV2, context: Context) {
  if (rawPath.endsWith('/context'))
    return json(200, { memory: context.memoryLimitInMB, remaining: context.getRemainingTimeInMillis() });
  const message = { id: randomUUID(), ...JSON.parse(body ?? '{}') };
  await new SQSClient({}).send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(message) }));
  return json(202, { id: message.id });
}

/** GET /urls: presigned ones of one object, good for `seconds`; the form takes 8 bytes. */
export async function urls({ queryStringParameters }: APIGatewayProxyEventV2) {
  const Key = queryStringParameters?.key ?? '';
  const expiresIn = Number(queryStringParameters?.seconds ?? 60);
  const Conditions: ['content-length-range', number, number][] = [['content-length-range', 0, 8]];
  return json(200, {
    get: await getSignedUrl(s3, new GetObjectCommand({ Bucket: BUCKET, Key }), { expiresIn }),
    once: await getSignedUrl(s3, new PutObjectCommand({ Bucket: BUCKET, Key, IfNoneMatch: '*' }), { expiresIn }),
    form: await createPresignedPost(s3, { Bucket: BUCKET, Key, Conditions, Expires: expiresIn }),
  });
}

/** Starts an execution for each message; the poison never succeeds. */
export async function dispatch({ Records }: SQSEvent) {
  const batchItemFailures = [];
  for (const { body, messageId } of Records) {
    const { id, ...rest } = JSON.parse(body);
    if (rest.kind === 'poison') batchItemFailures.push({ itemIdentifier: messageId });
    else
      await sfn.send(new StartExecutionCommand({ stateMachineArn, name: id, input: JSON.stringify({ id, ...rest }) }));
  }
  return { batchItemFailures };
}

class TryAgain extends Error {
  override name = 'TryAgain';
}

class Broken extends Error {
  override name = 'Broken';
}

export async function work({ kind, retries }: { kind: string; retries: number }) {
  if (kind === 'retry' && retries < 2) throw new TryAgain('not yet');
  if (kind === 'fail') throw new Broken('no use');
  return { retries };
}

/** Leaves its token for others; `quick` answers it before it has returned itself. */
export async function agent({ id, runner, token }: { id: string; runner: string; token: string }) {
  await put(`token#${id}`, { token: { S: token } });
  if (runner !== 'quick') return;
  await sfn.send(new SendTaskSuccessCommand({ taskToken: token, output: '{"by":"quick"}' }));
  await sleep(200);
}

export async function store({ id, result }: { id: string; result: unknown }) {
  await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: `results/${id}`, Body: JSON.stringify(result) }));
  await put(`result#${id}`, { result: { S: JSON.stringify(result) } });
  return { stored: true };
}

interface SocketEvent {
  body?: string;
  requestContext: { routeKey: string; connectionId: string };
}

export async function socket({ requestContext: { routeKey, connectionId } }: SocketEvent) {
  const pk = `connection#${connectionId}`;
  if (routeKey === '$connect') await put(pk);
  else if (routeKey === '$disconnect') await dynamo.send(new DeleteItemCommand({ TableName, Key: { pk: { S: pk } } }));
  else {
    const client = new ApiGatewayManagementApiClient({ endpoint: CALLBACK ?? '' });
    await client.send(
      new PostToConnectionCommand({ ConnectionId: connectionId, Data: JSON.stringify({ connectionId }) }),
    );
  }
  return { statusCode: 200 };
}

export async function ticket(event: { methodArn: string; queryStringParameters?: { ticket?: string } }) {
  const Effect = event.queryStringParameters?.ticket === 'good' ? 'Allow' : 'Deny';
  const Statement = [{ Action: 'execute-api:Invoke', Effect, Resource: event.methodArn }];
  return { principalId: 'anyone', policyDocument: { Version: '2012-10-17', Statement } };
}

/** Its role is what a test acts as; it is never called. */
export async function operator() {}
