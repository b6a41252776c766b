import { type Json, type JsonObject, REGION } from '#local/parts';
import { checkSize } from './data-limit.ts';
import type { Decision, View } from './decision.ts';
import type { TaskState } from './definition.ts';
import type { Calling } from './execution.ts';
import { type Bindings, evaluate, evaluateAs, mismatch, refused } from './expression.ts';
import { StateFailure } from './failure.ts';

export const LAMBDA_INVOKE = 'arn:aws:states:::lambda:invoke';
export const LAMBDA_TOKEN = `${LAMBDA_INVOKE}.waitForTaskToken`;

/** Evaluates what is called, with what, and until when. With a token, the token is new on each attempt. */
export async function decideTask(state: TaskState, view: View): Promise<Decision> {
  const token = state.Resource === LAMBDA_TOKEN ? view.mint() : null;
  const bindings = withToken(view.bindings, token);
  const parameters = await evaluateAs('object', state.Arguments ?? {}, 'Arguments', bindings);
  const timeout = await seconds(state.TimeoutSeconds, 'TimeoutSeconds', bindings);
  const heartbeat = await seconds(state.HeartbeatSeconds, 'HeartbeatSeconds', bindings);
  checkSize(parameters, view.visit.state);
  const ms = (value: number) => (value * 1000) / view.timeScale;
  const call: Calling = {
    kind: 'calling',
    resource: token === null ? 'invoke' : 'invoke.waitForTaskToken',
    functionArn: functionNameIn(parameters),
    payload: payloadText(parameters.Payload),
    token,
    submitted: false,
    timeoutAt: timeout === null ? null : view.now + ms(timeout),
    heartbeatAt: heartbeat === null ? null : view.now + ms(heartbeat),
    heartbeat: heartbeat === null ? null : ms(heartbeat),
  };
  return { kind: 'call', call, scheduled: scheduledDetails(call, parameters, timeout, heartbeat) };
}

function withToken({ states, variables }: Bindings, token: string | null): Bindings {
  if (token === null) return { states, variables };
  const context = { ...(states.context as JsonObject), Task: { Token: token } };
  return { states: { ...states, context }, variables };
}

async function seconds(field: Json | undefined, location: string, bindings: Bindings): Promise<number | null> {
  if (field === undefined) return null;
  const value = await evaluate(field, location, bindings);
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
  throw refused(field, location, `returned an unexpected result type. ${mismatch('positive integer', value)}`);
}

function functionNameIn(parameters: JsonObject): string {
  const name = parameters.FunctionName;
  if (typeof name === 'string' && name !== '') return name;
  throw new StateFailure(
    'Lambda.ValidationException',
    `1 validation error detected: Value '${JSON.stringify(name ?? null)}' at 'functionName' failed to satisfy constraint: Member must be a function name`,
    { fromTask: true },
  );
}

/** A string goes to the function as it stands (recorded on AWS: `"\"x\""` arrives as `"x"`). */
function payloadText(payload: Json | undefined): string {
  if (payload === undefined) return '{}';
  return typeof payload === 'string' ? payload : JSON.stringify(payload);
}

function scheduledDetails(
  call: Calling,
  parameters: JsonObject,
  timeout: number | null,
  heartbeat: number | null,
): JsonObject {
  return {
    ...resourceOf(call),
    region: REGION,
    parameters: JSON.stringify(parameters),
    ...(timeout === null ? {} : { timeoutInSeconds: timeout }),
    ...(heartbeat === null ? {} : { heartbeatInSeconds: heartbeat }),
  };
}

/** `{resourceType, resource}` as every event of a task carries them. */
export function resourceOf(call: { resource: string }): JsonObject {
  return { resourceType: 'lambda', resource: call.resource };
}
