import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  type SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { canonicalJson } from '#core/canonical-json';
import { LostRace } from '#core/errors';
import type { Executions } from '#core/ports/executions';
import { clipped } from './sfn-task-tokens.ts';

export function sfnExecutions({ sfn, machineArn }: { sfn: SFNClient; machineArn: string }): Executions {
  return {
    async start(name, input) {
      try {
        // The service compares inputs as texts: the same input must be the same text.
        const { executionArn } = await sfn.send(
          new StartExecutionCommand({ stateMachineArn: machineArn, name, input: canonicalJson(input) }),
        );
        return { arn: executionArn ?? executionArnOf(machineArn, name) };
      } catch (error) {
        if (error instanceof ExecutionAlreadyExists) throw new LostRace(`the execution name ${name} was used before`);
        throw error;
      }
    },

    async status(executionArn) {
      const execution = await unlessAbsent(sfn.send(new DescribeExecutionCommand({ executionArn })));
      // Only a person redrives, and then it is about to run.
      return execution?.status === 'PENDING_REDRIVE' ? 'RUNNING' : execution?.status;
    },

    arnOf: (name) => executionArnOf(machineArn, name),

    async stop(executionArn, error, cause) {
      await unlessAbsent(sfn.send(new StopExecutionCommand({ executionArn, ...clipped(error, cause) })));
    },
  };
}

/** The ARN of an alias or a version of a machine has one more part; executions are named by the machine alone. */
function executionArnOf(machineArn: string, name: string): string {
  const parts = machineArn.split(':');
  return [...parts.slice(0, 5), 'execution', parts[6], name].join(':');
}

async function unlessAbsent<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) return undefined;
    throw error;
  }
}
