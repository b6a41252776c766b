import { ANY_ERROR, type Case, choice, end, machine, map, one, parallel, pass } from './case.ts';

function chosen(Choices: Case['input'], input: Case['input'], more: Partial<Case>): Case {
  const states = {
    C: choice(Choices as never, { Default: 'Else' }),
    A: end(pass({ Output: 'a' })),
    B: end(pass({ Output: 'b' })),
    Else: end(pass({ Output: 'else' })),
  };
  return { name: '', machine: machine(states), input: input ?? null, ...more };
}

const RULES = [
  { Condition: '{% $states.input.n > 10 %}', Next: 'A' },
  { Condition: '{% $states.input.n > 5 %}', Next: 'B' },
];

const wait = (more: Record<string, string | number>): Case['machine'] =>
  one({ Type: 'Wait', ...more, Output: 'waited' });

function badTime(Timestamp: string): Case {
  const cause = /specified for the field 'Timestamp' .*ISO-8601/;
  return {
    name: `${Timestamp} is no timestamp`,
    machine: one({ Type: 'Wait', Timestamp: '{% $states.input %}' }),
    input: Timestamp,
    error: 'States.QueryEvaluationError',
    cause,
    source: 'recorded',
  };
}

export const CHOICE: Case[] = [
  chosen(
    RULES,
    { n: 11 },
    {
      name: 'the first rule that holds decides',
      output: 'a',
      types: [
        ...['ExecutionStarted', 'ChoiceStateEntered', 'ChoiceStateExited', 'PassStateEntered', 'PassStateExited'],
        'ExecutionSucceeded',
      ],
      previous: [0, 0, 2, 3, 4, 5],
      source: 'recorded',
    },
  ),
  chosen(RULES, { n: 6 }, { name: 'the second rule', output: 'b' }),
  chosen(RULES, { n: 1 }, { name: 'the default', output: 'else' }),
  chosen(
    [
      { Condition: true, Next: 'B' },
      { Condition: false, Next: 'A' },
    ],
    0,
    { name: 'a condition may be a constant', output: 'b' },
  ),
  chosen(
    [
      { Condition: '{% $states.input %}', Next: 'A' },
      { Condition: false, Next: 'B' },
    ],
    'yes',
    {
      name: 'a condition that is no boolean fails the state',
      error: 'States.QueryEvaluationError',
      cause: /'Choices\[0\]\/Condition'.*Expected 'boolean', but was 'string' for value: "yes"/,
    },
  ),
  chosen(
    [
      { Condition: false, Next: 'A' },
      { Condition: '{% $states.input.no %}', Next: 'B' },
    ],
    {},
    {
      name: 'an undefined condition fails the state',
      error: 'States.QueryEvaluationError',
      cause: /the field 'Choices\[1\]\/Condition' returned nothing/,
      source: 'recorded',
    },
  ),
  {
    name: 'no rule and no default is a runtime error',
    machine: machine({ C: choice([{ Condition: false, Next: 'A' }]), A: end(pass()) }),
    error: 'States.Runtime',
    cause:
      "An error occurred while executing the state 'C' (entered at the event id #2). Failed to transition out of the state. The state does not point to a next state.",
    types: ['ExecutionStarted', 'ChoiceStateEntered', 'ExecutionFailed'],
    previous: [0, 0, 2],
    source: 'recorded',
  },
  {
    name: "a rule's Output is the next input",
    machine: machine({
      C: choice([{ Condition: true, Output: { o: '{% $states.input %}' }, Next: 'A' }], { Output: 'not this' }),
      A: end(pass()),
    }),
    input: 1,
    output: { o: 1 },
  },
  {
    name: "the state's Output serves the Default",
    machine: machine({
      C: choice([{ Condition: false, Output: 'not this', Next: 'A' }], { Output: 'default', Default: 'A' }),
      A: end(pass()),
    }),
    output: 'default',
  },
  {
    name: "an undefined Output of a rule is named by the rule's index",
    machine: machine({
      C: choice([
        { Condition: false, Next: 'A' },
        { Condition: true, Output: { v: '{% $no %}' }, Next: 'A' },
      ]),
      A: end(pass()),
    }),
    error: 'States.QueryEvaluationError',
    cause: /the field 'Choices\[1\]\/Output\/v' returned nothing/,
    source: 'recorded',
  },
  {
    name: 'a loop counts down',
    machine: machine({
      Init: pass({ Assign: { n: 3, log: [] }, Next: 'More' }),
      More: choice([{ Condition: '{% $n > 0 %}', Next: 'Body' }], { Default: 'Done' }),
      Body: pass({ Assign: { n: '{% $n - 1 %}', log: '{% $append($log, $n) %}' }, Next: 'More' }),
      Done: end(pass({ Output: '{% $log %}' })),
    }),
    output: [3, 2, 1],
  },
];

export const WAIT: Case[] = [
  {
    name: 'a Wait of no time',
    machine: one({ Type: 'Wait', Seconds: 0 }),
    input: 'in',
    output: 'in',
    types: ['ExecutionStarted', 'WaitStateEntered', 'WaitStateExited', 'ExecutionSucceeded'],
    previous: [0, 0, 2, 3],
    source: 'recorded',
  },
  { name: 'a Wait of seconds', machine: wait({ Seconds: 2 }), output: 'waited' },
  {
    name: 'Seconds may be an expression',
    machine: wait({ Seconds: '{% $states.input.s %}' }),
    input: { s: 1 },
    output: 'waited',
  },
  {
    name: 'a Timestamp in the past is now',
    machine: wait({ Timestamp: '2001-01-01T00:00:00Z' }),
    output: 'waited',
    source: 'recorded',
  },
  {
    name: 'a Timestamp may be an expression, with an offset and a fraction',
    machine: wait({ Timestamp: '{% $states.input %}' }),
    input: '2001-01-01T00:00:00.123456+02:00',
    output: 'waited',
    source: 'recorded',
  },
  {
    name: 'a Timestamp to come',
    machine: wait({ Timestamp: '{% $fromMillis($toMillis($states.context.State.EnteredTime) + 2000) %}' }),
    output: 'waited',
  },
  badTime('2001-01-01 00:00:00Z'),
  badTime('2001-01-01T00:00:00'),
  badTime('2001-01-01T00:00:00.000'),
  badTime('2001-13-01T00:00:00Z'),
  badTime('tomorrow'),
  {
    name: 'Seconds must not be negative',
    machine: wait({ Seconds: '{% -1 %}' }),
    error: 'States.QueryEvaluationError',
    cause: /the field 'Seconds'/,
  },
  {
    name: 'Seconds must be a whole number',
    machine: wait({ Seconds: '{% 1.5 %}' }),
    error: 'States.QueryEvaluationError',
  },
  { name: 'Seconds must be a number', machine: wait({ Seconds: "{% '1' %}" }), error: 'States.QueryEvaluationError' },
];

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
