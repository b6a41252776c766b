import { ANY_ERROR, boom, type Case, end, machine, map, one, pass, tokenTask } from './case.ts';

const RETRY = { IntervalSeconds: 1, BackoffRate: 1 };
const START = ['ExecutionStarted', 'TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskSubmitted'];
const success = { token: [{ sleep: 1 }, { success: { ok: true } }] };

function caughtBy(name: string, more: Partial<Case>): Case {
  const T = tokenTask('f', { HeartbeatSeconds: 2, Catch: [{ ErrorEquals: [name], Next: 'B' }], Next: 'B' });
  return { name: `${name} and a token`, machine: machine({ T, B: end(pass()) }), source: 'recorded', ...more };
}

export const TOKEN_CASES: Case[] = [
  {
    name: 'SendTaskSuccess gives the result',
    machine: one(tokenTask('f')),
    functions: { f: success },
    output: { ok: true },
    sent: [['SendTaskSuccess']],
    types: [...START, 'TaskSucceeded', 'TaskStateExited', 'ExecutionSucceeded'],
    previous: [0, 0, 2, 3, 4, 5, 6, 7],
    events: {
      TaskScheduled: { resource: 'invoke.waitForTaskToken', timeoutInSeconds: 60, heartbeatInSeconds: 30 },
      TaskSubmitted: {
        resource: 'invoke.waitForTaskToken',
        resourceType: 'lambda',
        outputDetails: { truncated: false },
      },
      TaskSucceeded: { resource: 'invoke.waitForTaskToken', output: '{"ok":true}' },
    },
    source: 'recorded',
  },
  {
    name: "the call's own answer is not the result",
    machine: one(tokenTask('f', { Output: '{% $states.result %}' })),
    functions: { f: { returns: 'ignored', token: [{ sleep: 1 }, { success: 'kept' }] } },
    output: 'kept',
  },
  {
    name: 'success may come before the call has answered',
    machine: one(tokenTask('f')),
    functions: { f: { after: 3, token: [{ success: 1 }] } },
    output: 1,
    types: [...START.slice(0, 4), 'TaskSucceeded', 'TaskStateExited', 'ExecutionSucceeded'],
  },
  {
    name: 'SendTaskFailure gives error and cause',
    machine: one(tokenTask('f')),
    functions: { f: { token: [{ sleep: 1 }, { failure: { error: 'Failure error', cause: 'Failure cause' } }] } },
    error: 'Failure error',
    cause: 'Failure cause',
    types: [...START, 'TaskFailed', 'ExecutionFailed'],
    source: 'recorded',
  },
  {
    name: 'SendTaskFailure without an error',
    machine: one(tokenTask('f')),
    functions: { f: { token: [{ sleep: 1 }, { failure: {} }] } },
    status: 'FAILED',
    types: [...START, 'TaskFailed', 'ExecutionFailed'],
    source: 'recorded',
  },
  {
    name: 'SendTaskFailure without an error, caught',
    machine: machine({
      T: tokenTask('f', { Catch: [{ ErrorEquals: ANY_ERROR, Next: 'B' }], Next: 'B' }),
      B: end(pass()),
    }),
    functions: { f: { token: [{ sleep: 1 }, { failure: {} }] } },
    output: { Error: null, Cause: null },
    source: 'recorded',
  },
  {
    name: 'SendTaskFailure is caught by its name',
    machine: machine({
      T: tokenTask('f', { Catch: [{ ErrorEquals: ['Cancelled'], Next: 'B' }], Next: 'B' }),
      B: end(pass()),
    }),
    functions: { f: { token: [{ failure: { error: 'Cancelled', cause: 'by a person' } }] } },
    output: { Error: 'Cancelled', Cause: 'by a person' },
  },
  {
    name: 'a lost heartbeat is a timeout',
    machine: one(tokenTask('f', { HeartbeatSeconds: 1 })),
    functions: { f: {} },
    error: 'States.Timeout',
    types: [...START, 'TaskTimedOut', 'ExecutionFailed'],
    previous: [0, 0, 2, 3, 4, 5, 6],
    events: { TaskTimedOut: { error: 'States.Timeout', resource: 'invoke.waitForTaskToken' } },
    source: 'recorded',
  },
  caughtBy('States.Timeout', {
    name: 'a lost heartbeat is caught by States.Timeout',
    functions: { f: {} },
    output: { Error: 'States.Timeout', Cause: '' },
  }),
  caughtBy('States.HeartbeatTimeout', {
    name: 'a lost heartbeat answers to States.HeartbeatTimeout',
    functions: { f: {} },
    output: { Error: 'States.Timeout', Cause: '' },
    source: 'spec',
  }),
  {
    name: 'a timeout does not answer to States.HeartbeatTimeout',
    machine: machine({
      T: tokenTask('f', {
        TimeoutSeconds: 2,
        HeartbeatSeconds: '{% 50 %}',
        Catch: [{ ErrorEquals: ['States.HeartbeatTimeout'], Next: 'B' }],
        Next: 'B',
      }),
      B: end(pass()),
    }),
    functions: { f: {} },
    error: 'States.Timeout',
  },
  {
    name: 'beats keep the task alive',
    machine: one(tokenTask('f', { HeartbeatSeconds: 12 })),
    functions: {
      f: {
        token: [
          ...Array(4)
            .fill([{ sleep: 4 }, { heartbeat: true }])
            .flat(),
          { success: 'alive' },
        ] as never,
      },
    },
    output: 'alive',
    types: [...START, 'TaskSucceeded', 'TaskStateExited', 'ExecutionSucceeded'],
    source: 'recorded',
  },
  {
    name: 'TimeoutSeconds runs beside the beats',
    machine: one(tokenTask('f', { TimeoutSeconds: 6, HeartbeatSeconds: 4 })),
    functions: {
      f: {
        token: Array(8)
          .fill([{ sleep: 2 }, { heartbeat: true }])
          .flat() as never,
      },
    },
    error: 'States.Timeout',
  },
  {
    name: 'both clocks may be expressions',
    machine: one(
      tokenTask('f', { TimeoutSeconds: '{% $states.input.t %}', HeartbeatSeconds: '{% $states.input.h %}' }),
    ),
    functions: { f: success },
    input: { t: 50, h: 40 },
    output: { ok: true },
    events: { TaskScheduled: { timeoutInSeconds: 50, heartbeatInSeconds: 40 } },
  },
  {
    name: 'a failing call fails the state',
    machine: one(tokenTask('f')),
    functions: { f: boom() },
    error: 'Boom',
    types: [...START.slice(0, 4), 'TaskFailed', 'ExecutionFailed'],
  },
  {
    name: 'a token that is settled is settled',
    machine: machine({
      T: tokenTask('f', { Next: 'U' }),
      U: end({ Type: 'Wait', Seconds: 5 }),
    }),
    functions: { f: { token: [{ success: 1 }, { success: 2 }, { heartbeat: true }, { failure: {} }] } },
    output: 1,
    sent: [
      [
        'SendTaskSuccess',
        'SendTaskSuccess: TaskTimedOut',
        'SendTaskHeartbeat: TaskTimedOut',
        'SendTaskFailure: TaskTimedOut',
      ],
    ],
    source: 'recorded',
  },
  {
    name: 'a retry has a token of its own',
    machine: one(
      tokenTask('f', {
        Arguments: { FunctionName: 'f', Payload: { token: '{% $states.context.Task.Token %}' } },
        Retry: [{ ErrorEquals: ['Again'], ...RETRY }],
      }),
    ),
    functions: {
      f: [
        { token: [{ failure: { error: 'Again' } }, { sleep: 2 }, { success: 'old' }] },
        { token: [{ sleep: 4 }, { success: 'new' }] },
      ],
    },
    output: 'new',
    sent: [['SendTaskFailure', 'SendTaskSuccess: TaskTimedOut'], ['SendTaskSuccess']],
  },
  {
    name: 'iterations wait each for its own token',
    machine: one(map({ T: end(tokenTask('f')) }, { Items: [3, 1, 2] })),
    functions: { f: { token: [{ sleep: '{% $payload.input %}' as never }, { success: '{% $payload.input * 10 %}' }] } },
    output: [30, 10, 20],
  },
  {
    name: 'the token is in the context of a token task alone',
    machine: machine({
      T: tokenTask('f', { Output: { had: '{% $exists($states.context.Task.Token) %}' }, Next: 'B' }),
      B: end(pass({ Output: { had: '{% $states.input.had %}', has: '{% $exists($states.context.Task) %}' } })),
    }),
    functions: { f: success },
    output: { had: true, has: false },
  },
];
