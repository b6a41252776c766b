import { afterAll, beforeAll, describe } from 'vitest';
import { documents } from '#functions/aws/documents';
import { dynamoAttemptStore } from '#functions/aws/dynamo-attempt-store';
import { dynamoAttemptTokens } from '#functions/aws/dynamo-attempt-tokens';
import { dynamoBudgets } from '#functions/aws/dynamo-budgets';
import { dynamoConnections } from '#functions/aws/dynamo-connections';
import { dynamoEventLog } from '#functions/aws/dynamo-event-log';
import { dynamoJobStore } from '#functions/aws/dynamo-job-store';
import { dynamoMeter } from '#functions/aws/dynamo-meter';
import { dynamoPermits } from '#functions/aws/dynamo-permits';
import { dynamoSandboxStore } from '#functions/aws/dynamo-sandbox-store';
import { dynamoSessionStore } from '#functions/aws/dynamo-session-store';
import { dynamoTable } from '#functions/aws/dynamo-table';
import { dynamoTickets } from '#functions/aws/dynamo-tickets';
import { s3ArtifactStore } from '#functions/aws/s3-artifact-store';
import { socketLive } from '#functions/aws/socket-live';
import { sqsJobQueue } from '#functions/aws/sqs-job-queue';
import { fakeWorld } from '#test/support/fake-world';
import { type LocalAws, startLocalAws } from '#test/support/local-aws';
import type { ContractWorld } from './case.ts';
import { allCases } from './cases/all.cases.ts';

let aws: LocalAws;
beforeAll(async () => {
  aws = await startLocalAws();
});
afterAll(() => aws.stop());

describe('on AWS services', () => {
  allCases({ make: onAws });
});

/** Adapters on fresh tables; the clock is the fake one, and what is not under test here comes with it. */
async function onAws(): Promise<ContractWorld> {
  const world = fakeWorld();
  const { clock } = world;
  const names = await aws.createTables();
  const table = dynamoTable(documents(aws.dynamo), names.core);
  const queueUrl = aws.createQueue();
  const notes: string[] = [];
  const connections = dynamoConnections({
    table: dynamoTable(documents(aws.dynamo), names.connections),
    sockets: aws.sockets.client,
    clock,
  });
  aws.sockets.posted.length = 0;
  aws.sockets.gone.clear();
  return {
    ...world,
    jobs: dynamoJobStore({ table, clock }),
    attempts: dynamoAttemptStore({ table, clock }),
    sandboxRows: dynamoSandboxStore({ table }),
    log: dynamoEventLog({ table, clock }),
    permits: dynamoPermits({ table }),
    budgets: dynamoBudgets({ table }),
    meter: dynamoMeter({ table }),
    sessions: dynamoSessionStore({ table }),
    attemptTokens: dynamoAttemptTokens({ table, clock }),
    tickets: dynamoTickets({ table, clock }),
    connections,
    live: socketLive({ connections, note: (message) => void notes.push(message) }),
    queue: sqsJobQueue({ sqs: aws.sqs, queueUrl }),
    artifacts: s3ArtifactStore({ s3: aws.s3, bucket: aws.createBucket(), clock }),
    notes,
    received: async () => (await aws.receive(queueUrl, 3)).map((body) => JSON.parse(body)),
    pushed: () => aws.sockets.posted,
    dropSocket: (id) => void aws.sockets.gone.add(id),
  };
}
