import { setTimeout as sleep } from 'node:timers/promises';
import type { Assembly, Iam, JsonObject, Lambdas, Resource } from '#local/parts';
import { doneMessages, type ReceivedMessage, recordsEvent } from './queue-records.ts';
import type { Queues } from './queues.ts';

export interface PollersOptions {
  assembly: Assembly;
  queues: Queues;
  lambdas: Lambdas;
  iam: Iam;
  log: (line: string) => void;
  /** Divides the batching window. */
  timeScale: number;
}

/** An `AWS::Lambda::EventSourceMapping` of a queue, read and checked. */
interface Mapping {
  id: string;
  queueArn: string;
  functionArn: string;
  /** The ledger's word for who pays. */
  by: string;
  roleArn: string;
  batchSize: number;
  windowMs: number;
  maxConcurrency: number;
  reportsItems: boolean;
}

const LONG_POLL_SECONDS = 1;
const SLOT_POLL_MS = 20;
const RETRY_MS = 1_000;

/**
 * Moves messages from queues to functions. A batch is received only when the function has an idle slot for it: messages
 * taken ahead of capacity would burn their visibility timeout, and in the end their receive count, while they wait.
 */
export function startPollers(options: PollersOptions): { stop(): Promise<void> } {
  const mappings = options.assembly
    .byType('AWS::Lambda::EventSourceMapping')
    .filter(({ properties }) => properties.Enabled !== false)
    .map((resource) => parseMapping(options.assembly, resource, options.timeScale));
  for (const mapping of mappings) requirePermissions(options.iam, mapping);
  const stopping = new AbortController();
  const loops = mappings.map((mapping) => poll(options, mapping, stopping.signal));
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all(loops);
    },
  };
}

/** Lambda polls as the function's role, and refuses to make a mapping for a role that may not. */
function requirePermissions(iam: Iam, { roleArn, queueArn }: Mapping): void {
  for (const action of ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes']) {
    iam.authorize({ principal: roleArn, action, resource: queueArn });
  }
}

async function poll(options: PollersOptions, mapping: Mapping, signal: AbortSignal): Promise<void> {
  const { log, lambdas } = options;
  const running = new Set<Promise<void>>();
  const hasRoom = () => running.size < mapping.maxConcurrency && lambdas.idleSlots(mapping.functionArn) > 0;
  while (!signal.aborted) {
    try {
      if (!hasRoom()) {
        await sleep(SLOT_POLL_MS);
        continue;
      }
      const messages = await receiveBatch(options, mapping, signal);
      if (messages.length === 0) continue;
      const work = handle(options, mapping, messages)
        .catch((error: unknown) => log(`queue ${mapping.id}: ${String(error)}`))
        .finally(() => running.delete(work));
      running.add(work);
    } catch (error) {
      if (signal.aborted) return;
      log(`queue ${mapping.id}: ${String(error)}`);
      await sleep(RETRY_MS);
    }
  }
}

/** One batch: what is there at once, or, with a batching window, what comes until it is full or the window is over. */
async function receiveBatch(
  options: PollersOptions,
  mapping: Mapping,
  signal: AbortSignal,
): Promise<ReceivedMessage[]> {
  const { queueArn, batchSize, windowMs, by } = mapping;
  const batch = await options.queues.receive(queueArn, batchSize, LONG_POLL_SECONDS, by);
  const end = Date.now() + windowMs;
  while (batch.length > 0 && batch.length < batchSize && Date.now() < end && !signal.aborted) {
    const more = await options.queues.receive(queueArn, batchSize - batch.length, 0, by);
    if (more.length === 0) await sleep(Math.min(SLOT_POLL_MS, windowMs));
    batch.push(...more);
  }
  return batch;
}

/** Invokes, then deletes what is done; the rest comes back when its visibility timeout is over. */
async function handle(options: PollersOptions, mapping: Mapping, messages: ReceivedMessage[]): Promise<void> {
  const { lambdas, queues, log } = options;
  const { functionArn, queueArn, by } = mapping;
  const result = await lambdas.invoke(functionArn, recordsEvent(queueArn, messages));
  if (result.functionError) {
    log(`queue ${mapping.id}: the function failed a batch of ${messages.length}: ${result.payload}`);
    return;
  }
  const done = mapping.reportsItems ? doneMessages(messages, result.payload) : messages;
  if (done.length < messages.length) log(`queue ${mapping.id}: ${messages.length - done.length} messages failed`);
  for (let i = 0; i < done.length; i += 10) await queues.remove(queueArn, done.slice(i, i + 10), by);
}

const FIELDS = new Set(
  (
    'BatchSize Enabled EventSourceArn FunctionName FunctionResponseTypes MaximumBatchingWindowInSeconds ScalingConfig ' +
    'Tags MetricsConfig'
  ).split(' '),
);

function parseMapping(assembly: Assembly, { logicalId, properties }: Resource, timeScale: number): Mapping {
  const field = Object.keys(properties).find((name) => !FIELDS.has(name));
  if (field) throw new Error(`${logicalId}: ${field} of an event source mapping is not run here`);
  const source = String(properties.EventSourceArn);
  if (source.split(':')[2] !== 'sqs') throw new Error(`${logicalId}: only queues are polled here, not ${source}`);
  const target = assembly.find('AWS::Lambda::Function', String(properties.FunctionName));
  const scaling = (properties.ScalingConfig ?? {}) as JsonObject;
  return {
    id: logicalId,
    queueArn: assembly.find('AWS::SQS::Queue', source).arn,
    functionArn: target.arn,
    by: target.name,
    roleArn: String(target.properties.Role),
    batchSize: Number(properties.BatchSize ?? 10),
    windowMs: (Number(properties.MaximumBatchingWindowInSeconds ?? 0) * 1000) / timeScale,
    maxConcurrency: Number(scaling.MaximumConcurrency ?? Number.POSITIVE_INFINITY),
    reportsItems: ((properties.FunctionResponseTypes ?? []) as string[]).includes('ReportBatchItemFailures'),
  };
}
