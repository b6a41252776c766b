import { describe, expect, it, vi } from 'vitest';
import { createBus } from '#local/events/bus';
import { compilePattern } from '#local/events/event-pattern';
import { createIam } from '#local/iam/iam';
import type { BusEvent, JsonObject } from '#local/parts';
import { allow, anAssembly, arnOf } from '#test/support/an-assembly';
import { fakeLambdas } from '#test/support/fake-lambdas';

const cleanup = arnOf('AWS::Lambda::Function', 'Cleanup');
const ended = arnOf('AWS::SQS::Queue', 'Ended');
const dead = arnOf('AWS::SQS::Queue', 'Dead');
const rule = arnOf('AWS::Events::Rule', 'Rule');

const pattern = {
  source: ['aws.states'],
  'detail-type': ['Step Functions Execution Status Change'],
  detail: { status: ['FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: ['arn:machine'] },
};

function statusChange(status: string): BusEvent {
  return {
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    resources: ['arn:execution'],
    detail: { status, stateMachineArn: 'arn:machine', executionArn: 'arn:execution' },
    time: '2026-11-23T12:00:00Z',
  };
}

/** A bus with one rule to a function and a queue, each with its permission unless left out. */
function aBus({ permission = true, policy = true, handler = (): unknown => null, target = {}, retries = 0 } = {}) {
  const assembly = anAssembly({
    Cleanup: { type: 'AWS::Lambda::Function' },
    Ended: { type: 'AWS::SQS::Queue' },
    Dead: { type: 'AWS::SQS::Queue' },
    Rule: {
      type: 'AWS::Events::Rule',
      properties: {
        EventPattern: pattern,
        Targets: [
          { Id: 'a', Arn: cleanup, ...target },
          { Id: 'b', Arn: ended },
        ],
      },
    },
    Async: {
      type: 'AWS::Lambda::EventInvokeConfig',
      properties: { FunctionName: 'test-Cleanup', MaximumRetryAttempts: retries },
    },
    ...(permission && {
      Permission: {
        type: 'AWS::Lambda::Permission',
        properties: {
          Action: 'lambda:InvokeFunction',
          FunctionName: cleanup,
          Principal: 'events.amazonaws.com',
          SourceArn: rule,
        },
      },
    }),
    ...(policy && {
      Policy: {
        type: 'AWS::SQS::QueuePolicy',
        properties: {
          Queues: ['test-Ended', 'test-Dead'],
          PolicyDocument: {
            Statement: [{ ...allow('sqs:SendMessage', [ended, dead]), Principal: { Service: 'events.amazonaws.com' } }],
          },
        },
      },
    }),
  });
  const lambdas = fakeLambdas(handler);
  const sent: { queueArn: string; event: JsonObject }[] = [];
  const logged: string[] = [];
  const bus = createBus({
    assembly,
    lambdas,
    iam: createIam(assembly),
    sendToQueue: async (queueArn, body) => void sent.push({ queueArn, event: JSON.parse(body) as JsonObject }),
    log: (line) => logged.push(line),
    timeScale: 10_000,
  });
  return { bus, lambdas, sent, logged };
}

describe('the event bus', () => {
  it('delivers what a rule matches to its functions and queues', async () => {
    const { bus, lambdas, sent } = aBus();

    bus.emit(statusChange('FAILED'));
    bus.emit(statusChange('SUCCEEDED'));
    await bus.idle();

    const event = {
      ...statusChange('FAILED'),
      version: '0',
      id: expect.any(String),
      account: '000000000000',
      region: 'us-east-1',
    };
    expect(lambdas.invocations).toEqual([{ functionArn: cleanup, event }]);
    expect(sent).toEqual([{ queueArn: ended, event }]);
  });

  it('loses the events that the fault switch names', async () => {
    const { bus, sent } = aBus();

    bus.drop(({ detail }) => detail.status === 'ABORTED');
    bus.emit(statusChange('ABORTED'));
    bus.emit(statusChange('FAILED'));
    bus.drop(null);
    bus.emit(statusChange('ABORTED'));
    await bus.idle();

    expect(sent.map(({ event }) => (event.detail as JsonObject).status)).toEqual(['FAILED', 'ABORTED']);
  });

  it('needs a permission or a queue policy; without one an event goes to the dead letter queue of its target', async () => {
    const { bus, lambdas, sent, logged } = aBus({ permission: false, target: { DeadLetterConfig: { Arn: dead } } });
    const bare = aBus({ policy: false });

    bus.emit(statusChange('FAILED'));
    bare.bus.emit(statusChange('FAILED'));
    await Promise.all([bus.idle(), bare.bus.idle()]);

    expect(lambdas.invocations).toEqual([]);
    expect(sent.map(({ queueArn }) => queueArn).sort()).toEqual([dead, ended]);
    expect(logged.join()).toContain(
      'Service: events.amazonaws.com is not authorized to perform: lambda:InvokeFunction',
    );
    expect(bare.sent).toEqual([]);
    expect(bare.lambdas.invocations).toHaveLength(1);
  });

  it('invokes a failing function again, as often as its configuration says', async () => {
    const handler = vi.fn(() => {
      throw new Error('not now');
    });
    const { bus, logged } = aBus({ handler, retries: 1 });

    bus.emit(statusChange('FAILED'));

    await vi.waitFor(() => expect(logged.join()).toContain('failed for good'));
    expect(handler).toHaveBeenCalledTimes(2);
  });

  it('refuses a target that it would not honour', () => {
    expect(() => aBus({ target: { InputTransformer: { InputTemplate: '' } } })).toThrow('InputTransformer');
    expect(() => aBus({ target: { Arn: 'arn:aws:sns:us-east-1:000000000000:topic' } })).toThrow('arn:aws:sns');
  });
});

describe('event patterns', () => {
  const event = { source: 'a', detail: { status: 'FAILED', tags: ['x', 'y'], nested: { n: 1 } } };

  it.each([
    [{ source: ['b', 'a'] }, true],
    [{ source: ['b'] }, false],
    [{ detail: { tags: ['y'] } }, true],
    [{ detail: { nested: { n: [1] } } }, true],
    [{ detail: { nested: { n: ['1'] } } }, false],
    [{ detail: { status: [{ prefix: 'FA' }] } }, true],
    [{ detail: { status: [{ suffix: 'X' }] } }, false],
    [{ detail: { status: [{ 'anything-but': ['SUCCEEDED'] }] } }, true],
    [{ detail: { missing: [{ exists: false }] } }, true],
    [{ missing: { deep: ['x'] } }, false],
  ])('%j matches: %s', (wanted, expected) => {
    expect(compilePattern(wanted as JsonObject, 'rule')(event)).toBe(expected);
  });

  it.each([{ $or: [{ source: ['a'] }] }, { source: 'a' }, { source: [{ numeric: ['>', 1] }] }])(
    '%j is refused',
    (wanted) => {
      expect(() => compilePattern(wanted as JsonObject, 'rule')).toThrow('rule');
    },
  );
});
