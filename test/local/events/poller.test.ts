import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startPollers } from '#local/events/poller';
import { createQueues, type Queues } from '#local/events/queues';
import { callEngine } from '#local/gateway/engine-call';
import { type Engines, startEngines } from '#local/gateway/engines';
import { createIam } from '#local/iam/iam';
import type { LedgerEntry } from '#local/parts';
import { allow, anAssembly, aRole, arnOf } from '#test/support/an-assembly';
import { type FakeHandler, type FakeLambdas, fakeLambdas } from '#test/support/fake-lambdas';

const jobs = arnOf('AWS::SQS::Queue', 'Jobs');
const dead = arnOf('AWS::SQS::Queue', 'Dead');
const dispatch = arnOf('AWS::Lambda::Function', 'Dispatch');
const polling = allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], jobs);

interface Setup {
  handler: FakeHandler;
  mapping?: object;
  statements?: object[];
  cap?: number;
  /** s */
  visibility?: number;
}

let cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.reverse()) await step();
  cleanUp = [];
});

async function poll({ handler, mapping = {}, statements = [polling], cap = 2, visibility = 1 }: Setup) {
  const assembly = anAssembly({
    Dead: { type: 'AWS::SQS::Queue' },
    Jobs: {
      type: 'AWS::SQS::Queue',
      properties: { VisibilityTimeout: visibility, RedrivePolicy: { deadLetterTargetArn: dead, maxReceiveCount: 2 } },
    },
    Dispatch: { type: 'AWS::Lambda::Function', properties: { Role: arnOf('AWS::IAM::Role', 'Worker') } },
    Source: {
      type: 'AWS::Lambda::EventSourceMapping',
      properties: { EventSourceArn: jobs, FunctionName: 'test-Dispatch', BatchSize: 5, ...mapping },
    },
    ...aRole('Worker', statements),
  });
  const stateDir = mkdtempSync(path.join(tmpdir(), 'patchbay-poller-'));
  const engines = await startEngines({ stateDir, assembly });
  const counted: Omit<LedgerEntry, 'at'>[] = [];
  const queues = createQueues({ engines, assembly, count: (entry) => counted.push(entry) });
  cleanUp.push(async () => {
    await engines.stop();
    rmSync(stateDir, { recursive: true, force: true });
  });
  const lambdas = fakeLambdas(handler, cap);
  const start = () => {
    const pollers = startPollers({ assembly, queues, lambdas, iam: createIam(assembly), log: () => {}, timeScale: 1 });
    cleanUp.push(() => pollers.stop());
    return pollers;
  };
  return { start, queues, lambdas, counted, waiting: (arn: string) => waiting(engines, arn) };
}

/** Messages that are in a queue, received ones included. */
async function waiting(engines: Engines, arn: string): Promise<number> {
  const QueueUrl = `/0/${arn.split(':').at(-1)}`;
  const request = { QueueUrl, AttributeNames: ['All'] };
  const { Attributes } = await callEngine(engines, 'sqs', 'GetQueueAttributes', request);
  const counts = Attributes as Record<string, string>;
  return Number(counts.ApproximateNumberOfMessages) + Number(counts.ApproximateNumberOfMessagesNotVisible);
}

type Event = { Records: { messageId: string; body: string }[] };
const bodies = (lambdas: FakeLambdas) =>
  lambdas.invocations.flatMap(({ event }) => (event as Event).Records.map(({ body }) => body));
const send = (queues: Queues, ...texts: string[]) => Promise.all(texts.map((text) => queues.send(jobs, text)));

describe('the queue poller', () => {
  it('hands messages over as AWS does, and deletes them', async () => {
    const { start, queues, lambdas, counted, waiting } = await poll({ handler: () => null });

    await send(queues, '{"job_id":"1"}');
    start();

    await vi.waitFor(async () => expect(await waiting(jobs)).toBe(0));
    expect(lambdas.invocations).toEqual([
      {
        functionArn: dispatch,
        event: {
          Records: [
            expect.objectContaining({
              messageId: expect.any(String),
              receiptHandle: expect.any(String),
              body: '{"job_id":"1"}',
              attributes: expect.objectContaining({ ApproximateReceiveCount: '1', SentTimestamp: expect.any(String) }),
              messageAttributes: {},
              md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
              eventSource: 'aws:sqs',
              eventSourceARN: jobs,
              awsRegion: 'us-east-1',
            }),
          ],
        },
      },
    ]);
    expect(counted.map(({ item, by }) => `${item} ${by}`)).toEqual([
      'sqs:SendMessage events',
      'sqs:ReceiveMessage test-Dispatch',
      'sqs:DeleteMessageBatch test-Dispatch',
    ]);
  });

  it('returns only the failed items of a batch, which end in the dead letter queue', async () => {
    const { start, queues, lambdas, waiting } = await poll({
      mapping: { FunctionResponseTypes: ['ReportBatchItemFailures'] },
      handler: ({ Records }: Event) => ({
        batchItemFailures: Records.filter(({ body }) => body === 'poison').map((one) => ({
          itemIdentifier: one.messageId,
        })),
      }),
    });

    await send(queues, 'good', 'poison');
    start();

    await vi.waitFor(async () => expect(await waiting(dead)).toBe(1), { timeout: 8_000, interval: 100 });
    expect(bodies(lambdas).sort()).toEqual(['good', 'poison', 'poison']);
    expect(await waiting(jobs)).toBe(0);
  });

  it('does not read item failures where the mapping does not say so', async () => {
    const { start, queues, waiting } = await poll({
      handler: ({ Records }: Event) => ({
        batchItemFailures: Records.map((one) => ({ itemIdentifier: one.messageId })),
      }),
    });

    await send(queues, 'one');
    start();

    await vi.waitFor(async () => expect(await waiting(jobs)).toBe(0));
    expect(await waiting(dead)).toBe(0);
  });

  it('never has more batches under way than slots, and leaves the rest unread', async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { start, queues, lambdas, waiting } = await poll({ cap: 2, mapping: { BatchSize: 1 }, handler: () => gate });

    await send(queues, ...'abcdef');
    start();
    await vi.waitFor(() => expect(lambdas.invocations).toHaveLength(2));
    release();

    await vi.waitFor(async () => expect(await waiting(jobs)).toBe(0));
    expect(lambdas.peak).toBe(2);
    expect(bodies(lambdas).sort()).toEqual([...'abcdef']);
  });

  it('keeps to MaximumConcurrency', async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const mapping = { BatchSize: 1, ScalingConfig: { MaximumConcurrency: 2 } };
    const { start, queues, lambdas, waiting } = await poll({ cap: 10, mapping, handler: () => gate });

    await send(queues, ...'abcdef');
    start();
    await vi.waitFor(() => expect(lambdas.invocations).toHaveLength(2));
    release();

    await vi.waitFor(async () => expect(await waiting(jobs)).toBe(0));
    expect(lambdas.peak).toBe(2);
  });

  it('gathers a batch for the length of its window', async () => {
    const { start, queues, lambdas } = await poll({
      mapping: { MaximumBatchingWindowInSeconds: 1 },
      // Longer than the window, or what the batch holds already comes once more.
      visibility: 30,
      handler: () => null,
    });

    start();
    await send(queues, 'a');
    await send(queues, 'b');

    await vi.waitFor(() => expect(bodies(lambdas).sort()).toEqual(['a', 'b']), { timeout: 3_000 });
    expect(lambdas.invocations).toHaveLength(1);
  });

  it('does not start for a role that may not poll, nor with what it would not honour', async () => {
    const withoutDelete = await poll({ handler: () => null, statements: [allow('sqs:ReceiveMessage', jobs)] });
    const withFilter = await poll({ handler: () => null, mapping: { FilterCriteria: { Filters: [] } } });

    expect(withoutDelete.start).toThrow('sqs:DeleteMessage');
    expect(withFilter.start).toThrow('FilterCriteria');
  });
});
