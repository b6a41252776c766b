import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  GetExecutionHistoryCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type Stack, startStack } from '#local/stack';
import { type Alteration, alteredAssembly } from './altered-assembly.ts';
import { eventually } from './eventually.ts';
import { synthSample } from './sample-application.ts';

/** The sample application on the local stack, and what its operator sees through the unmodified SDK. */
export interface SampleJourney {
  stack: Stack;
  outputs: Record<string, string>;
  stateDir: string;
  sfn: SFNClient;
  sqs: SQSClient;
  s3: S3Client;
  /** `POST /solve` with a token of scope `solve`. @returns the id, which is the execution's name too */
  solve(body?: Record<string, string | number>): Promise<string>;
  arnOf(id: string): string;
  /** Once it has ended. */
  ended(id: string): Promise<DescribeExecutionCommandOutput>;
  history(id: string): Promise<string[]>;
  row(pk: string): Promise<Record<string, string> | undefined>;
  /** The token of an execution that waits for it. */
  token(id: string): Promise<string>;
  /** Stops the stack and starts it again on the same state. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startSample(options: { alter?: Alteration[] } = {}): Promise<SampleJourney> {
  const folder = mkdtempSync(join(tmpdir(), 'patchbay-sample-'));
  const stateDir = join(folder, 'state');
  const altered = alteredAssembly(synthSample(folder), options.alter ?? []);
  const remove = () => {
    altered.remove();
    rmSync(folder, { recursive: true, force: true });
  };
  const start = () =>
    startStack({
      cdkOut: altered.folder,
      stateDir,
      sandboxBinds: [],
      users: [{ sub: 'ada', email: 'ada@example.com', tenant: 'acme' }],
    });
  const stack = await start().catch((error: unknown) => {
    remove();
    throw error;
  });
  const journey = driver(stack, stateDir);
  return Object.assign(journey, {
    async restart() {
      await journey.stack.stop();
      Object.assign(journey, driver(await start(), stateDir));
    },
    async stop() {
      await journey.stack.stop();
      remove();
    },
  });
}

function driver(stack: Stack, stateDir: string): Omit<SampleJourney, 'restart' | 'stop'> {
  const { outputs } = stack.assembly;
  const ports = JSON.parse(readFileSync(join(stateDir, 'ports.json'), 'utf8')) as Record<string, number>;
  const at = (name: string) => ({
    endpoint: `http://127.0.0.1:${ports[name]}`,
    region: 'us-east-1',
    credentials: stack.iam.credentialsFor(outputs.OperatorRole ?? ''),
  });
  const sfn = new SFNClient(at('sdk'));
  const dynamo = new DynamoDBClient(at('sdk'));
  const arnOf = (id: string) => `${outputs.MachineArn?.replace(':stateMachine:', ':execution:')}:${id}`;
  const describe = (id: string) => sfn.send(new DescribeExecutionCommand({ executionArn: arnOf(id) }));
  const row = async (pk: string) => {
    const { Item } = await dynamo.send(new GetItemCommand({ TableName: outputs.TableName, Key: { pk: { S: pk } } }));
    return Item && Object.fromEntries(Object.entries(Item).map(([key, { S = '' }]) => [key, S]));
  };
  return {
    ...{ stack, outputs, stateDir, sfn, arnOf, row },
    s3: new S3Client(at('s3')),
    sqs: new SQSClient(at('sdk')),
    async solve(body = {}) {
      const authorization = `Bearer ${await stack.issuer.token('ada', { scope: 'solve' })}`;
      const request = { method: 'POST', headers: { authorization }, body: JSON.stringify(body) };
      const answer = await fetch(`${stack.apiUrl}/solve`, request);
      if (answer.status !== 202) throw new Error(`solve: ${answer.status} ${await answer.text()}`);
      return ((await answer.json()) as { id: string }).id;
    },
    async ended(id) {
      let last: DescribeExecutionCommandOutput | undefined;
      await eventually(`the execution ${id} has ended`, async () => {
        last = await describe(id).catch(ifNotYetThere);
        return last !== undefined && last.status !== 'RUNNING';
      });
      return last as DescribeExecutionCommandOutput;
    },
    async history(id) {
      const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn: arnOf(id) }));
      return events.map(({ type }) => String(type));
    },
    async token(id) {
      let token: string | undefined;
      await eventually(`${id} waits for its token`, async () => {
        token = (await row(`token#${id}`))?.token;
        return token !== undefined;
      });
      return token as string;
    },
  };
}

/** A message is on its way for a moment before its execution is there. */
function ifNotYetThere(error: Error): undefined {
  if (error.name !== 'ExecutionDoesNotExist') throw error;
}
