import { ANY_ERROR, type Case, end, machine, map, one, parallel, pass } from './case.ts';

export const ENDS: Case[] = [
  {
    name: 'Succeed ends the execution with its input',
    machine: machine({ A: pass({ Next: 'Z' }), Z: { Type: 'Succeed' } }),
    input: 1,
    output: 1,
    types: [
      ...['ExecutionStarted', 'PassStateEntered', 'PassStateExited', 'SucceedStateEntered', 'SucceedStateExited'],
      'ExecutionSucceeded',
    ],
  },
  {
    name: 'Succeed has an Output',
    machine: machine({ Z: { Type: 'Succeed', Output: '{% $states.input + 1 %}' } }),
    input: 1,
    output: 2,
  },
  {
    name: 'Fail ends the execution with its error and cause',
    machine: machine({ Z: { Type: 'Fail', Error: 'Custom', Cause: 'because' } }),
    error: 'Custom',
    cause: 'because',
    types: ['ExecutionStarted', 'FailStateEntered', 'ExecutionFailed'],
    previous: [0, 0, 2],
    events: { ExecutionFailed: { error: 'Custom', cause: 'because' } },
    source: 'recorded',
  },
  {
    name: 'Error and Cause may be expressions',
    machine: machine({ Z: { Type: 'Fail', Error: '{% $states.input.e %}', Cause: "{% 'why: ' & $states.input.c %}" } }),
    input: { e: 'E', c: 'C' },
    error: 'E',
    cause: 'why: C',
  },
  {
    name: 'a Fail without error and cause',
    machine: machine({ Z: { Type: 'Fail' } }),
    status: 'FAILED',
    source: 'recorded',
  },
  {
    name: 'a Fail with a cause alone',
    machine: machine({ Z: { Type: 'Fail', Cause: 'c' } }),
    status: 'FAILED',
    cause: 'c',
    source: 'recorded',
  },
  {
    name: 'Error must be a string',
    machine: machine({ Z: { Type: 'Fail', Error: '{% 5 %}' } }),
    error: 'States.QueryEvaluationError',
    cause: /'Error' .*Expected 'string', but was 'number' for value: 5/,
  },
  {
    name: 'a Fail inside a Map is the error of the Map',
    machine: machine({
      M: map(
        { Z: { Type: 'Fail', Error: 'Inner', Cause: 'c' } },
        {
          Items: [1],
          Catch: [{ ErrorEquals: ['Inner'], Next: 'B' }],
          Next: 'B',
        },
      ),
      B: end(pass()),
    }),
    output: { Error: 'Inner', Cause: 'c' },
    types: [
      ...['ExecutionStarted', 'MapStateEntered', 'MapStateStarted', 'MapIterationStarted', 'FailStateEntered'],
      ...[
        'MapIterationFailed',
        'MapStateFailed',
        'MapStateExited',
        'PassStateEntered',
        'PassStateExited',
        'ExecutionSucceeded',
      ],
    ],
  },
  {
    name: "the machine's timeout ends it, past every catcher",
    machine: machine(
      {
        P: parallel([{ W: end({ Type: 'Wait', Seconds: 60 }) }], {
          Catch: [{ ErrorEquals: ANY_ERROR, Next: 'B' }],
          Next: 'B',
        }),
        B: end(pass()),
      },
      { TimeoutSeconds: 2 },
    ),
    status: 'TIMED_OUT',
    types: [
      'ExecutionStarted',
      'ParallelStateEntered',
      'ParallelStateStarted',
      'WaitStateEntered',
      'ExecutionTimedOut',
    ],
    previous: [0, 0, 2, 3, 0],
    events: { ExecutionTimedOut: { error: 'States.Timeout' } },
    source: 'recorded',
  },
  {
    name: 'an output over 256 KiB fails the state',
    machine: one(pass({ Output: "{% $join($map([1..300], function($v) { $pad('', 1000, 'x') })) %}" })),
    error: 'States.DataLimitExceeded',
  },
  {
    name: 'an Assign over 256 KiB fails the state',
    machine: one(pass({ Assign: { big: "{% $join($map([1..300], function($v) { $pad('', 1000, 'x') })) %}" } })),
    error: 'States.DataLimitExceeded',
  },
];
