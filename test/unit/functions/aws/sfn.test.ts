import {
  InvalidToken,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SFNClient,
  StopExecutionCommand,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { sfnExecutions } from '#functions/aws/sfn-executions';
import { sfnTaskTokens } from '#functions/aws/sfn-task-tokens';

const sdk = mockClient(SFNClient);
beforeEach(() => {
  sdk.reset();
});

const machineArn = 'arn:aws:states:eu-west-1:123456789012:stateMachine:solve';
const sfn = new SFNClient({});

describe('answers to Step Functions', () => {
  it.each([TaskTimedOut, TaskDoesNotExist, InvalidToken])('are settled when it says %s', async (Refusal) => {
    sdk.on(SendTaskHeartbeatCommand).rejects(new Refusal({ message: 'no', $metadata: {} }));

    expect(await sfnTaskTokens({ sfn }).beat('token')).toBe('settled');
  });

  it('fail when the service does', async () => {
    sdk.on(SendTaskHeartbeatCommand).rejects(new Error('throttled'));

    await expect(sfnTaskTokens({ sfn }).beat('token')).rejects.toThrow('throttled');
  });

  it('stay within the lengths that the service takes', async () => {
    const [error, cause] = ['E'.repeat(300), 'x'.repeat(40_000)];
    sdk.on(SendTaskFailureCommand).resolves({}).on(StopExecutionCommand).resolves({});

    await sfnTaskTokens({ sfn }).fail('token', error, cause);
    await sfnExecutions({ sfn, machineArn }).stop('arn', error, cause);

    for (const { args } of sdk.calls()) {
      expect(args[0].input).toMatchObject({ error: 'E'.repeat(256), cause: 'x'.repeat(32_768) });
    }
    expect(sdk.calls()).toHaveLength(2);
  });
});

describe('the ARN of an execution', () => {
  it.each([machineArn, `${machineArn}:live`, `${machineArn}:7`])('names the machine alone: %s', (arn) => {
    expect(sfnExecutions({ sfn, machineArn: arn }).arnOf('j1-1-1')).toBe(
      'arn:aws:states:eu-west-1:123456789012:execution:solve:j1-1-1',
    );
  });
});
