import type { ServiceFunctionName } from './functions.ts';

/** What each function may do, by resource of the stack: exactly what its code calls, checked by a journey on the laptop. */
const read = ['dynamodb:GetItem', 'dynamodb:Query'];
const write = ['dynamodb:PutItem', 'dynamodb:UpdateItem'];
const lists = [...read, 'dynamodb:BatchGetItem'];
const push = { connections: ['dynamodb:Query', 'dynamodb:DeleteItem'], sockets: ['execute-api:ManageConnections'] };
const step = {
  core: [...read, ...write, 'dynamodb:DeleteItem'],
  ...push,
  e2bSecret: ['secretsmanager:GetSecretValue'],
};
const stored = { artifacts: ['s3:PutObject', 's3:GetObject'], bucket: ['s3:ListBucket'] };
const queue = { queue: ['sqs:SendMessage'] };
/** What gives permits back also wakes who waits for them: it scans the sparse index of waiting jobs for tenants. */
const wakes = { core: [...step.core, 'dynamodb:Scan'], ...queue };

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
  | 'modelKeysSecret';

export const permissions: Record<ServiceFunctionName, Partial<Record<Target, string[]>>> = {
  Api: {
    core: [...lists, ...write, 'dynamodb:Scan'],
    ...push,
    artifacts: ['s3:GetObject'],
    bucket: ['s3:ListBucket'],
    ...queue,
    taskTokens: ['states:SendTaskFailure'],
  },
  Callbacks: {
    core: [...read, ...write],
    ...push,
    artifacts: ['s3:PutObject'],
    bucket: ['s3:ListBucket'],
    e2bSecret: ['secretsmanager:GetSecretValue'],
    taskTokens: ['states:SendTaskSuccess', 'states:SendTaskHeartbeat'],
  },
  ModelGateway: {
    core: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
    modelKeysSecret: ['secretsmanager:GetSecretValue'],
  },
  Dispatch: { core: [...read, ...write, 'dynamodb:Scan'], ...push, ...queue, machine: ['states:StartExecution'] },
  CreateSandbox: step,
  RunAgent: { ...step, artifacts: ['s3:GetObject'], bucket: ['s3:ListBucket'] },
  Collect: { ...step, ...stored },
  EndAttempt: { ...step, ...stored, ...wakes },
  Judge: { ...step, ...stored },
  Finish: { ...step, ...stored, ...wakes },
  Cleanup: { ...step, ...stored, ...wakes },
  ExecutionEnded: { ...step, ...stored, ...wakes },
  Sweep: {
    ...step,
    core: [...step.core, 'dynamodb:BatchGetItem', 'dynamodb:Scan'],
    ...stored,
    ...queue,
    machine: ['states:StartExecution'],
    executions: ['states:StopExecution', 'states:DescribeExecution'],
  },
  SocketAuthorizer: { core: ['dynamodb:DeleteItem'] },
  Socket: {
    core: [...read, 'dynamodb:DeleteItem'],
    connections: [...read, ...write, 'dynamodb:DeleteItem'],
    sockets: ['execute-api:ManageConnections'],
    socketsToClose: ['execute-api:ManageConnections'],
  },
};
