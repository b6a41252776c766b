import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SFNClient } from '@aws-sdk/client-sfn';
import { describe, onTestFinished } from 'vitest';
import { sfnExecutions } from '#functions/aws/sfn-executions';
import { sfnTaskTokens } from '#functions/aws/sfn-task-tokens';
import { type JsonObject, ServiceError, type States } from '#local/parts';
import { startStates } from '#local/states/service';
import { fakeWorld } from '#test/support/fake-world';
import { type EngineWorld, executionsCases } from './cases/executions.cases.ts';

const arn = (kind: string, name: string) => `arn:aws:states:us-east-1:000000000000:${kind}:${name}`;
const machineArn = arn('stateMachine', 'solve');
const aliasArn = `${machineArn}:live`;

describe('in memory', () => {
  const reason = 'any token is open until it is answered, so that tests need no engine';
  executionsCases({
    make: async () => inMemory(),
    differs: {
      'are settled when the execution has been stopped': reason,
      'are settled when nobody ever gave them out': reason,
    },
  });
});

describe.each([
  ['a machine', machineArn],
  ['an alias of a machine', aliasArn],
])('on Step Functions, by the ARN of %s', (_name, startedBy) => {
  executionsCases({ make: () => onStepFunctions(startedBy) });
});

function inMemory(): EngineWorld {
  const { executions, taskTokens } = fakeWorld();
  return {
    executions,
    taskTokens,
    tokenOf: async (name) => `token of ${name}`,
    finish: async (name) => executions.end(name, 'SUCCEEDED'),
  };
}

/** One step that waits for its token. */
const definition: JsonObject = {
  QueryLanguage: 'JSONata',
  TimeoutSeconds: 600,
  StartAt: 'Wait',
  States: {
    Wait: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Arguments: {
        FunctionName: 'arn:aws:lambda:us-east-1:000000000000:function:run',
        Payload: { name: '{% $states.context.Execution.Name %}', token: '{% $states.context.Task.Token %}' },
      },
      TimeoutSeconds: 300,
      HeartbeatSeconds: 60,
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Failed' }],
      End: true,
    },
    Failed: { Type: 'Fail', Error: 'Failed' },
  },
};

async function onStepFunctions(startedBy: string): Promise<EngineWorld> {
  const tokens = new Map<string, PromiseWithResolvers<string>>();
  const waiting = (name: string) => {
    const known = tokens.get(name) ?? Promise.withResolvers<string>();
    tokens.set(name, known);
    return known;
  };
  const ended = new Map<string, () => void>();
  const stateDir = mkdtempSync(join(tmpdir(), 'executions-'));
  const states = await startStates({
    machines: [
      {
        arn: machineArn,
        name: 'solve',
        roleArn: 'arn:aws:iam::000000000000:role/machine',
        definition,
        versions: [aliasArn],
      },
    ],
    async invoke(_function, payload) {
      const { name, token } = JSON.parse(payload);
      waiting(name).resolve(token);
      return { payload: '{}' };
    },
    emit: ({ detail }) => {
      if (detail.status === 'SUCCEEDED') ended.get(String(detail.name))?.();
    },
    count: () => {},
    stateDir,
  });
  const sfn = await clientOf(states);
  onTestFinished(async () => {
    await states.stop();
    rmSync(stateDir, { recursive: true, force: true });
  });
  const taskTokens = sfnTaskTokens({ sfn });
  return {
    executions: sfnExecutions({ sfn, machineArn: startedBy }),
    taskTokens,
    tokenOf: (name) => waiting(name).promise,
    async finish(name) {
      const over = new Promise<void>((resolve) => ended.set(name, resolve));
      await taskTokens.succeed(await waiting(name).promise, {});
      await over;
    },
  };
}

/** The interpreter behind the SDK's own protocol: JSON 1.0 with the operation in a header. */
async function clientOf(states: States): Promise<SFNClient> {
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const operation = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
    const [status, body] = await states.call(operation, JSON.parse(Buffer.concat(chunks).toString())).then(
      (answer) => [200, answer] as const,
      (error: unknown) => {
        if (!(error instanceof ServiceError)) throw error;
        return [error.status, { __type: error.code, message: error.message }] as const;
      },
    );
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const sfn = new SFNClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  onTestFinished(() => {
    sfn.destroy();
    server.closeAllConnections();
    server.close();
  });
  return sfn;
}
