import {
  InvalidToken,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  type SFNClient,
  TaskDoesNotExist,
  TaskTimedOut,
} from '@aws-sdk/client-sfn';
import type { TaskTokens } from '#core/ports/executions';

export function sfnTaskTokens({ sfn }: { sfn: SFNClient }): TaskTokens {
  return {
    succeed: (taskToken, output) =>
      unlessSettled(sfn.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }))),
    fail: (taskToken, error, cause) =>
      unlessSettled(sfn.send(new SendTaskFailureCommand({ taskToken, ...clipped(error, cause) }))),
    beat: (taskToken) => unlessSettled(sfn.send(new SendTaskHeartbeatCommand({ taskToken }))),
  };
}

/** The service refuses longer ones: https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html */
export function clipped(error: string, cause: string): { error: string; cause: string } {
  return { error: error.slice(0, 256), cause: cause.slice(0, 32_768) };
}

/** Which of the three a late answer gets is not told apart: in each case nobody waits for it. */
async function unlessSettled(call: Promise<unknown>): Promise<'ok' | 'settled'> {
  try {
    await call;
    return 'ok';
  } catch (error) {
    if (error instanceof TaskTimedOut || error instanceof TaskDoesNotExist || error instanceof InvalidToken) {
      return 'settled';
    }
    throw error;
  }
}
