import type { Assembly, Iam, Json, JsonObject, Resource } from '#local/parts';
import type { AsyncInvoker } from './invoke-async.ts';

/** Puts a message into a queue of the template, past the gateway: access was decided before. */
export type SendToQueue = (queueArn: string, body: string) => Promise<void>;

/** Where a rule or schedule delivers, checked at start. */
export interface Target {
  arn: string;
  kind: 'lambda' | 'sqs';
  /** The role that delivers; without one the target's resource policy must let the service in. */
  roleArn?: string;
  /** Constant text instead of the event. */
  input?: string;
  /** The queue for events that could not be delivered. */
  deadLetterArn?: string;
}

const FIELDS = new Set('Arn Id RoleArn Input RetryPolicy DeadLetterConfig'.split(' '));

/** @throws Error on a target or a field of it that is not run here */
export function parseTarget(assembly: Assembly, raw: Json | undefined, where: string): Target {
  const target = (raw ?? {}) as JsonObject;
  const field = Object.keys(target).find((name) => !FIELDS.has(name));
  if (field) throw new Error(`${where}: ${field} of a target is not run here`);
  const arn = String(target.Arn);
  const service = arn.split(':')[2];
  if (service !== 'lambda' && service !== 'sqs') throw new Error(`${where}: a target like ${arn} is not run here`);
  assembly.find(service === 'lambda' ? 'AWS::Lambda::Function' : 'AWS::SQS::Queue', arn);
  return {
    arn,
    kind: service,
    ...(target.RoleArn !== undefined && { roleArn: String(target.RoleArn) }),
    ...(target.Input !== undefined && { input: String(target.Input) }),
    ...(target.DeadLetterConfig !== undefined && {
      deadLetterArn: String((target.DeadLetterConfig as JsonObject).Arn),
    }),
  };
}

export interface Deliverer {
  iam: Iam;
  invoker: AsyncInvoker;
  sendToQueue?: SendToQueue;
  log: (line: string) => void;
}

/** On whose behalf: a rule or schedule, and the service that runs it. */
export interface Sender {
  service: string;
  source: Resource;
}

/**
 * Hands an event to a target, as its role or, without one, as the service on behalf of its source. What cannot be
 * delivered goes to the target's dead letter queue: access and missing targets are not tried again on AWS either. Never
 * throws; whatever is lost is logged.
 */
export async function deliver(deliverer: Deliverer, target: Target, sender: Sender, event: string): Promise<void> {
  const payload = target.input ?? event;
  try {
    await attempt(deliverer, target, sender, payload);
  } catch (error) {
    deliverer.log(`${sender.source.logicalId} to ${target.arn}: ${String(error)}`);
    if (target.deadLetterArn === undefined) return;
    await attempt(deliverer, { ...target, kind: 'sqs', arn: target.deadLetterArn }, sender, payload).catch(
      (second: unknown) => deliverer.log(`${sender.source.logicalId}: an event is lost: ${String(second)}`),
    );
  }
}

async function attempt(deliverer: Deliverer, target: Target, sender: Sender, payload: string): Promise<void> {
  const { iam, invoker, sendToQueue } = deliverer;
  iam.authorize({
    principal: target.roleArn ?? sender.service,
    action: target.kind === 'lambda' ? 'lambda:InvokeFunction' : 'sqs:SendMessage',
    resource: target.arn,
    ...(target.roleArn === undefined && { context: { 'aws:SourceArn': sender.source.arn } }),
  });
  if (target.kind === 'lambda') invoker.invoke(target.arn, payload);
  else if (sendToQueue) await sendToQueue(target.arn, payload);
  else throw new Error('nothing here sends to queues');
}
