import type { ServiceFunctionName } from './functions.ts';

/** What each function may do, by resource of the stack: exactly what its code calls, checked by a journey on the laptop. */
const read = ['dynamodb:GetItem', 'dynamodb:Query'];
const write = ['dynamodb:PutItem', 'dynamodb:UpdateItem'];
const lists = [...read, 'dynamodb:BatchGetItem'];
/** Whoever appends to a log pushes to the session's sockets, and removes the rows of those that are gone. */
const push = { connections: [...read, 'dynamodb:DeleteItem'], sockets: ['execute-api:ManageConnections'] };
const sandboxes = { e2bSecret: ['secretsmanager:GetSecretValue'] };
/** Without ListBucket a file that is not there is a 403, not a 404. */
const stored = { artifacts: ['s3:PutObject', 's3:GetObject'], bucket: ['s3:ListBucket'] };
const queue = { queue: ['sqs:SendMessage'] };
/**
 * What ends attempts and jobs: kills, revokes tokens, keeps checkpoints, gives permits back, and wakes who waits for
 * them: it scans the sparse index of waiting jobs for tenants.
 */
const ends = {
  core: [...read, ...write, 'dynamodb:DeleteItem', 'dynamodb:Scan'],
  ...push,
  ...sandboxes,
  ...stored,
  ...queue,
};

export type Target =
  | 'core'
  | 'connections'
  | 'artifacts'
  | 'bucket'
  | 'queue'
  | 'machine'
  | 'executions'
  | 'taskTokens'
  | 'sockets'
  | 'socketsToClose'
  | 'e2bSecret'
  | 'modelKeysSecret'
  | 'bedrock';

export const permissions: Record<ServiceFunctionName, Partial<Record<Target, string[]>>> = {
  Api: {
    core: [...lists, ...write],
    ...push,
    artifacts: ['s3:GetObject'],
    bucket: ['s3:ListBucket'],
    ...queue,
    taskTokens: ['states:SendTaskFailure'],
  },
  Callbacks: {
    core: [...read, ...write],
    ...push,
    ...sandboxes,
    artifacts: ['s3:PutObject'],
    taskTokens: ['states:SendTaskSuccess', 'states:SendTaskHeartbeat'],
  },
  ModelGateway: {
    core: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
    modelKeysSecret: ['secretsmanager:GetSecretValue'],
    bedrock: ['bedrock:InvokeModel'],
  },
  Dispatch: { core: [...read, ...write, 'dynamodb:Scan'], ...push, ...queue, machine: ['states:StartExecution'] },
  CreateSandbox: { core: [...read, ...write], ...push, ...sandboxes },
  RunAgent: {
    core: [...read, ...write, 'dynamodb:DeleteItem'],
    ...sandboxes,
    artifacts: ['s3:GetObject'],
    bucket: ['s3:ListBucket'],
  },
  Collect: { core: [...read, ...write], ...push, ...sandboxes, ...stored },
  EndAttempt: ends,
  Judge: { core: [...read, ...write], ...push, ...stored },
  Finish: ends,
  Cleanup: ends,
  ExecutionEnded: ends,
  Sweep: {
    ...ends,
    machine: ['states:StartExecution'],
    executions: ['states:StopExecution', 'states:DescribeExecution'],
  },
  SocketAuthorizer: { core: ['dynamodb:DeleteItem'] },
  Socket: {
    core: [...read, 'dynamodb:DeleteItem'],
    connections: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem'],
    sockets: ['execute-api:ManageConnections'],
    socketsToClose: ['execute-api:ManageConnections'],
  },
};
