import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendTaskSuccessCommand, SFNClient, StartExecutionCommand, TestStateCommand } from '@aws-sdk/client-sfn';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ServiceError } from '#local/parts';
import { aGateway, type TestGateway } from '#test/support/a-gateway';
import { allow, anAssembly, aRole, arnOf } from '#test/support/an-assembly';

const jobs = arnOf('AWS::SQS::Queue', 'Jobs');
const machine = arnOf('AWS::StepFunctions::StateMachine', 'Solve');
const key = arnOf('AWS::SecretsManager::Secret', 'Key');
const made = arnOf('AWS::SecretsManager::Secret', 'Made');
const sockets = 'arn:aws:execute-api:us-east-1:000000000000:sockets/ws/POST/@connections/*';

const assembly = anAssembly({
  Jobs: {
    type: 'AWS::SQS::Queue',
    properties: {
      VisibilityTimeout: 60,
      RedrivePolicy: { deadLetterTargetArn: arnOf('AWS::SQS::Queue', 'Dead'), maxReceiveCount: 5 },
    },
  },
  Dead: { type: 'AWS::SQS::Queue' },
  Solve: { type: 'AWS::StepFunctions::StateMachine' },
  Key: { type: 'AWS::SecretsManager::Secret', properties: { GenerateSecretString: {} } },
  Made: { type: 'AWS::SecretsManager::Secret', properties: { GenerateSecretString: { PasswordLength: 20 } } },
  ...aRole('Api', [
    allow(['sqs:SendMessage', 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueUrl'], jobs),
    allow(['states:StartExecution', 'states:SendTaskSuccess'], machine),
    allow('secretsmanager:GetSecretValue', [key, made]),
    allow('execute-api:ManageConnections', sockets),
  ]),
  ...aRole('Stranger', []),
  Handler: { type: 'AWS::Lambda::Function', properties: { Role: arnOf('AWS::IAM::Role', 'Api') } },
});

const open = new Map<string, string[]>();
let gateway: TestGateway;
const as = (role: string) => gateway.clientAs(arnOf('AWS::IAM::Role', role)).sdk;

beforeAll(async () => {
  gateway = await aGateway(assembly, {
    states: {
      call: async (operation, request) => {
        if (operation === 'SendTaskSuccess') throw new ServiceError('TaskTimedOut', 'settled');
        return { executionArn: `${String(request.stateMachineArn)}:run`, startDate: 1_700_000_000 };
      },
    },
    connections: {
      post: (id, data) => {
        open.get(id)?.push(data.toString());
        return open.has(id) ? 'ok' : 'gone';
      },
      get: (id) => (open.has(id) ? { connectedAt: '2026-11-01T00:00:00Z' } : undefined),
      delete: (id) => void open.delete(id),
    },
    secrets: { Key: 'seeded' },
  });
});
afterAll(() => gateway.stop());
beforeEach(() => {
  gateway.counted.length = 0;
  open.clear();
});

describe('who may ask', () => {
  it('nobody without a signature, with foreign keys, or with a wrong secret', async () => {
    const { credentials, ...options } = as('Api');
    const call = (keys: typeof credentials) =>
      new DynamoDBClient({ ...options, credentials: keys }).send(new ListTablesCommand());

    const bare = await fetch(gateway.sdk, {
      method: 'POST',
      headers: { 'x-amz-target': 'DynamoDB_20120810.ListTables' },
    });

    const garbled = await fetch(`${gateway.sdk}/?a=%zz`, { method: 'POST' });

    expect(bare.status).toBe(403);
    expect(garbled.status).toBe(400);
    await expect(call({ ...credentials, accessKeyId: 'ASIAFOREIGN' })).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
    });
    await expect(call({ ...credentials, secretAccessKey: 'guessed' })).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
    });
  });

  it('not with the signature of another request', async () => {
    let signed: RequestInit & { headers: Record<string, string> } = { headers: {} };
    const sqs = new SQSClient(as('Api'));
    sqs.middlewareStack.add(
      (next) => (args) => {
        const { method, headers, body } = args.request as {
          method: string;
          headers: Record<string, string>;
          body: string;
        };
        signed = { method, headers, body };
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    await sqs.send(new GetQueueUrlCommand({ QueueName: 'test-Jobs' }));
    const { host, 'content-length': _, ...headers } = signed.headers;

    const replayed = await fetch(gateway.sdk, { ...signed, headers, body: '{"QueueName": "test-Dead"}' });

    expect(host).toContain('127.0.0.1');
    expect(await replayed.text()).toContain('SignatureDoesNotMatch');
  });

  it('and a service or operation that is not run is refused by name', async () => {
    const state = new SFNClient({ ...as('Api'), disableHostPrefix: true }).send(
      new TestStateCommand({ definition: '{}', roleArn: arnOf('AWS::IAM::Role', 'Api') }),
    );

    await expect(state).rejects.toThrow('the local stack does not run states:TestState');
    await expect(new SQSClient(as('Api')).send(new CreateQueueCommand({ QueueName: 'x' }))).rejects.toThrow(
      'sqs:CreateQueue',
    );
    expect(gateway.logged.join()).toContain('sqs:CreateQueue');
  });
});

describe('SQS', () => {
  it('carries messages under the URL that the stack hands out', async () => {
    const sqs = new SQSClient(as('Api'));
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'test-Jobs' }));
    const attributes = { job_id: { DataType: 'String', StringValue: 'j1' } };

    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'one', MessageAttributes: attributes }));
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ['All'], MessageSystemAttributeNames: ['All'] }),
    );
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: Messages[0]?.ReceiptHandle }));

    expect(QueueUrl).toBe(`${gateway.sdk}/000000000000/test-Jobs`);
    expect(Messages[0]).toMatchObject({
      Body: 'one',
      MessageAttributes: attributes,
      Attributes: { ApproximateReceiveCount: '1' },
    });
    expect(gateway.counted).toEqual(
      ['GetQueueUrl', 'SendMessage', 'ReceiveMessage', 'DeleteMessage'].map((one) => ({
        item: `sqs:${one}`,
        units: 1,
        by: 'test-Handler',
      })),
    );
  });

  it('authorizes the queue that is used, whatever other field names', async () => {
    const sqs = new SQSClient(as('Api'));
    sqs.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as { body: string };
        request.body = JSON.stringify({ ...JSON.parse(request.body), QueueName: 'test-Jobs' });
        return next(args);
      },
      { step: 'build', priority: 'high' },
    );
    const send = new SendMessageCommand({ QueueUrl: `${gateway.sdk}/000000000000/test-Dead`, MessageBody: 'x' });

    await expect(sqs.send(send)).rejects.toThrow('not authorized');
  });

  it('authorizes a batch by its single action, and denies others', async () => {
    const batch = (queue: string) =>
      new SendMessageBatchCommand({
        QueueUrl: `${gateway.sdk}/000000000000/${queue}`,
        Entries: [{ Id: 'a', MessageBody: 'x' }],
      });

    await expect(new SQSClient(as('Api')).send(batch('test-Jobs'))).resolves.toMatchObject({
      Successful: [{ Id: 'a' }],
    });
    await expect(new SQSClient(as('Api')).send(batch('test-Dead'))).rejects.toThrow('sqs:SendMessage');
    await expect(new SQSClient(as('Stranger')).send(batch('test-Jobs'))).rejects.toThrow('not authorized');
  });
});

describe('Step Functions', () => {
  it('asks the interpreter, whose errors keep their names', async () => {
    const sfn = new SFNClient(as('Api'));

    const started = await sfn.send(new StartExecutionCommand({ stateMachineArn: machine, name: 'a', input: '{}' }));
    const settled = sfn.send(new SendTaskSuccessCommand({ taskToken: 't', output: '{}' }));

    expect(started).toMatchObject({ executionArn: `${machine}:run`, startDate: new Date(1_700_000_000_000) });
    await expect(settled).rejects.toMatchObject({ name: 'TaskTimedOut' });
    await expect(
      new SFNClient(as('Stranger')).send(new StartExecutionCommand({ stateMachineArn: machine })),
    ).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

describe('Secrets Manager', () => {
  it('has the seeded value, or one it made as the template says', async () => {
    const secrets = new SecretsManagerClient(as('Api'));
    const value = async (SecretId: string) =>
      (await secrets.send(new GetSecretValueCommand({ SecretId }))).SecretString;

    expect(await value(key)).toBe('seeded');
    expect(await value('test-Key')).toBe('seeded');
    expect(await value(made)).toMatch(/^.{20}$/);
    expect(await value(made)).toBe(await value(made));
    await expect(value('nothing')).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

describe('@connections', () => {
  const id = 'L0SM9cOFvHcCIhw=';
  const api = (role: string) =>
    new ApiGatewayManagementApiClient({ ...as(role), endpoint: `${gateway.sdk}/_ws/sockets/ws` });

  it('posts to an open connection, and says when it is gone', async () => {
    open.set(id, []);
    const post = new PostToConnectionCommand({ ConnectionId: id, Data: 'hello' });

    await api('Api').send(post);
    open.delete(id);

    await expect(api('Api').send(post)).rejects.toMatchObject({ name: 'GoneException' });
    await expect(api('Stranger').send(post)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  it('delivers what was posted', async () => {
    open.set(id, []);

    await api('Api').send(new PostToConnectionCommand({ ConnectionId: id, Data: 'hello' }));

    expect(open.get(id)).toEqual(['hello']);
  });

  it('asks for the method that the policy names', async () => {
    open.set(id, []);

    await expect(api('Api').send(new GetConnectionCommand({ ConnectionId: id }))).rejects.toThrow('GET/@connections');
    await expect(api('Api').send(new DeleteConnectionCommand({ ConnectionId: id }))).rejects.toThrow(
      'DELETE/@connections',
    );
  });
});
