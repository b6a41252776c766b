import { SFNClient } from '@aws-sdk/client-sfn';
import type { World } from '#core/ports/world';
import type { Ground } from './aws-world.ts';
import { lazily } from './lazily.ts';
import { patience } from './patience.ts';
import { sfnExecutions } from './sfn-executions.ts';
import { sfnTaskTokens } from './sfn-task-tokens.ts';

/** Executions of the machine, and the task tokens that its states wait for. */
export function workflowPorts({ need }: Ground): Pick<World, 'executions' | 'taskTokens'> {
  const client = lazily({ sfn: () => new SFNClient(patience(3_000)) });
  return lazily<Pick<World, 'executions' | 'taskTokens'>>({
    executions: () => sfnExecutions({ sfn: client.sfn, machineArn: need('STATE_MACHINE_ARN') }),
    taskTokens: () => sfnTaskTokens({ sfn: client.sfn }),
  });
}
