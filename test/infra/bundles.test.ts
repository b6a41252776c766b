import { expect, it } from 'vitest';
import { bundle } from '#lib/bundle';
import { type ServiceFunctionName, serviceFunctions } from '#lib/functions';
import { permissions, type Target } from '#lib/permissions';
import { bytesAtStart } from '../support/bundle-start.ts';

/** Which SDK client the calls on a resource need. */
const clientOf: Partial<Record<Target, string>> = {
  core: 'dynamodb',
  connections: 'dynamodb',
  sockets: 'apigatewaymanagementapi',
  socketsToClose: 'apigatewaymanagementapi',
  queue: 'sqs',
  artifacts: 's3',
  bucket: 's3',
  machine: 'sfn',
  executions: 'sfn',
  taskTokens: 'sfn',
  e2bSecret: 'secrets-manager',
  modelKeysSecret: 'secrets-manager',
};
/** Clients that a function has for no call. */
const withoutCalls: Partial<Record<ServiceFunctionName, string[]>> = {
  // The host of the bucket, for the sandbox's egress, is worked out by its client.
  CreateSandbox: ['s3'],
  // Who cleans up compares ARNs of executions, which the same port names.
  Cleanup: ['sfn'],
  ExecutionEnded: ['sfn'],
};
/** kB that are read at a start. */
const most = 900;

it.each(Object.entries(serviceFunctions))('%s starts with the SDK clients that it calls, and no others', (id, row) => {
  const name = id as ServiceFunctionName;
  const { metafile } = bundle(id, row.entry);
  const { bytes, inputs } = bytesAtStart(metafile.outputs);
  const clients = inputs.flatMap((path) => /node_modules\/@aws-sdk\/client-([\w-]+)\//.exec(path)?.[1] ?? []);
  const called = (Object.keys(permissions[name]) as Target[]).flatMap((target) => clientOf[target] ?? []);
  expect([...new Set(clients)].sort()).toEqual([...new Set([...called, ...(withoutCalls[name] ?? [])])].sort());
  expect(inputs.filter((path) => /node_modules\/(e2b|@ai-sdk\/\w+|dockerfile-ast)\/dist/.test(path))).toEqual([]);
  expect(bytes / 1_000).toBeLessThan(most);
});
