import { ANY_ERROR, boom, type Case, call, choice, end, machine, map, one, parallel, pass, task } from './case.ts';

const RETRY = { IntervalSeconds: 1, BackoffRate: 1 };
const flaky = [boom(), boom(), { returns: 'ok' }];

const BOOM = { Error: 'Boom', Cause: '{"errorType":"Boom","errorMessage":"it broke"}' };

function caught(Catch: Case['input'], more: Partial<Case>): Case {
  const T = task('f', { Catch: Catch ?? [], Next: 'Fine' });
  const states = { T, Fine: end(pass({ Output: 'fine' })), Other: end(pass({ Output: 'other' })), Caught: end(pass()) };
  const used = JSON.stringify(Catch);
  const kept = Object.entries(states).filter(([name]) => name === 'T' || name === 'Fine' || used.includes(`"${name}"`));
  return { name: '', functions: { f: boom() }, machine: machine(Object.fromEntries(kept)), ...more };
}

export const CATCH_CASES: Case[] = [
  {
    ...caught(
      [
        { ErrorEquals: ['Other'], Next: 'Other' },
        { ErrorEquals: ['Boom'], Next: 'Caught' },
      ],
      {},
    ),
    ...{ name: 'a caught error goes on as {Error, Cause}', output: BOOM, source: 'recorded' },
    types: [
      ...['ExecutionStarted', 'TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskFailed', 'TaskStateExited'],
      ...['PassStateEntered', 'PassStateExited', 'ExecutionSucceeded'],
    ],
    previous: [0, 0, 2, 3, 4, 5, 6, 7, 8],
  },
  caught(
    [
      { ErrorEquals: ['Boom'], Next: 'Other' },
      { ErrorEquals: ANY_ERROR, Next: 'Caught' },
    ],
    {
      name: 'the first catcher that names the error takes it',
      output: 'other',
    },
  ),
  caught([{ ErrorEquals: ['Other'], Next: 'Other' }], { name: 'an error that no catcher names', error: 'Boom' }),
  caught([{ ErrorEquals: ANY_ERROR, Next: 'Caught' }], {
    name: 'States.ALL catches an error of a function',
    output: BOOM,
  }),
  caught([{ ErrorEquals: ['States.TaskFailed'], Next: 'Caught' }], {
    name: 'States.TaskFailed catches it',
    output: BOOM,
  }),
  caught([{ ErrorEquals: ['Lambda.ResourceNotFoundException'], Next: 'Other' }], {
    name: 'a missing function is caught by its name',
    functions: {},
    output: 'other',
    source: 'recorded',
  }),
  caught([{ ErrorEquals: ANY_ERROR, Next: 'Other' }], {
    name: 'States.ALL catches a result that is too large',
    functions: { f: { returns: 'x'.repeat(262_144) } },
    output: 'other',
    source: 'recorded',
  }),
  caught([{ ErrorEquals: ['States.DataLimitExceeded'], Next: 'Other' }], {
    name: 'a result that is too large is caught by its name',
    functions: { f: { returns: 'x'.repeat(262_144) } },
    output: 'other',
    source: 'recorded',
  }),
  caught(
    [
      {
        ErrorEquals: ['Boom'],
        Output: { in: '{% $states.input %}', error: '{% $states.errorOutput.Error %}' },
        Next: 'Caught',
      },
    ],
    {
      name: "a catcher's Output sees the input and the error",
      input: 5,
      output: { in: 5, error: 'Boom' },
      source: 'recorded',
    },
  ),
  caught([{ ErrorEquals: ['Boom'], Output: '{% $states.errorOutput.No %}', Next: 'Caught' }], {
    name: "a catcher's own failure is not caught",
    error: 'States.QueryEvaluationError',
    cause: /the field 'Catch\[0\]\/Output' returned nothing/,
  }),
  {
    name: 'a timeout shows an empty cause to its catcher',
    machine: machine({
      T: task('f', { TimeoutSeconds: 1, Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'B' }], Next: 'B' }),
      B: end(pass()),
    }),
    functions: { f: { after: 9 } },
    output: { Error: 'States.Timeout', Cause: '' },
    source: 'recorded',
  },
  {
    name: 'States.TaskFailed does not catch a timeout',
    machine: machine({
      T: task('f', { TimeoutSeconds: 1, Catch: [{ ErrorEquals: ['States.TaskFailed'], Next: 'B' }], Next: 'B' }),
      B: end(pass()),
    }),
    functions: { f: { after: 9 } },
    error: 'States.Timeout',
  },
  {
    name: 'a failed expression in Arguments is caught',
    machine: machine({
      T: task('f', { Catch: [{ ErrorEquals: ['States.QueryEvaluationError'], Next: 'B' }], Next: 'B' }, '{% $no %}'),
      B: end(pass({ Output: '{% $states.input.Error %}' })),
    }),
    functions: { f: {} },
    output: 'States.QueryEvaluationError',
    types: [
      ...['ExecutionStarted', 'TaskStateEntered', 'EvaluationFailed', 'TaskStateExited'],
      ...['PassStateEntered', 'PassStateExited', 'ExecutionSucceeded'],
    ],
    source: 'recorded',
  },
  {
    name: 'States.ALL catches a failed expression',
    machine: machine({
      T: call('f', { Output: '{% $no %}', Catch: [{ ErrorEquals: ANY_ERROR, Next: 'B' }], Next: 'B' }),
      B: end(pass({ Output: 'caught' })),
    }),
    functions: { f: {} },
    output: 'caught',
  },
  {
    name: 'retries come before the catcher',
    machine: machine({
      T: task('f', {
        Retry: [{ ErrorEquals: ['Boom'], ...RETRY, MaxAttempts: 2 }],
        Catch: [{ ErrorEquals: ['Boom'], Next: 'B' }],
        Next: 'B',
      }),
      B: end(pass({ Output: 'caught' })),
    }),
    functions: { f: boom() },
    output: 'caught',
    calls: ['f', 'f', 'f'],
    source: 'recorded',
  },
  {
    name: 'States.Runtime passes every catcher',
    machine: machine({
      P: parallel([{ C: choice([{ Condition: false, Next: 'D' }]), D: end(pass()) }], {
        Retry: [{ ErrorEquals: ANY_ERROR, ...RETRY }],
        Catch: [{ ErrorEquals: ANY_ERROR, Next: 'B' }],
        Next: 'B',
      }),
      B: end(pass()),
    }),
    error: 'States.Runtime',
    types: [
      'ExecutionStarted',
      'ParallelStateEntered',
      'ParallelStateStarted',
      'ChoiceStateEntered',
      'ExecutionFailed',
    ],
    previous: [0, 0, 2, 3, 4],
    source: 'recorded',
  },
  {
    name: 'a caught error inside an iteration does not fail the Map',
    machine: one(
      map(
        {
          T: call('f', { Catch: [{ ErrorEquals: ANY_ERROR, Output: 'lost', Next: 'E' }], Next: 'E' }),
          E: end(pass()),
        },
        { Items: [1, 2, 3], MaxConcurrency: 1 },
      ),
    ),
    functions: { f: [{ returns: 1 }, boom(), { returns: 3 }] },
    output: [1, 'lost', 3],
  },
  {
    name: 'a catcher may lead back',
    machine: machine({
      T: call('f', { Catch: [{ ErrorEquals: ['Boom'], Output: { again: true }, Next: 'T' }], End: true }),
    }),
    functions: { f: flaky },
    output: 'ok',
    calls: [
      ['f', {}],
      ['f', { again: true }],
      ['f', { again: true }],
    ],
  },
];
