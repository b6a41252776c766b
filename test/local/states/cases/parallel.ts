import { ANY_ERROR, boom, type Case, call, choice, end, machine, one, parallel, pass, task } from './case.ts';

const RETRY = { IntervalSeconds: 1, BackoffRate: 1 };

export const PARALLEL: Case[] = [
  {
    name: 'branches give their outputs in order',
    machine: one(parallel([{ A: end(call('f', {}, 2)) }, { B: end(pass({ Output: 'b' })) }])),
    functions: { f: { after: 1, returns: 'a' } },
    output: ['a', 'b'],
  },
  {
    name: 'one branch',
    machine: one(parallel([{ A: end(pass()) }])),
    input: { x: 1 },
    output: [{ x: 1 }],
    types: [
      ...['ExecutionStarted', 'ParallelStateEntered', 'ParallelStateStarted', 'PassStateEntered', 'PassStateExited'],
      ...['ParallelStateSucceeded', 'ParallelStateExited', 'ExecutionSucceeded'],
    ],
    previous: [0, 0, 2, 3, 4, 5, 5, 7],
    source: 'recorded',
  },
  {
    name: 'Arguments are the input of all branches',
    machine: one(parallel([{ A: end(pass()) }, { B: end(pass()) }], { Arguments: { n: '{% $states.input + 1 %}' } })),
    input: 1,
    output: [{ n: 2 }, { n: 2 }],
  },
  {
    name: 'Output sees the results',
    machine: one(
      parallel([{ A: end(pass({ Output: 1 })) }, { B: end(pass({ Output: 2 })) }], {
        Output: '{% $sum($states.result) %}',
      }),
    ),
    output: 3,
  },
  {
    name: 'branches have states of their own, and their own ends',
    machine: one(
      parallel([
        {
          A: choice([{ Condition: '{% $states.input > 1 %}', Next: 'Big' }], { Default: 'Small' }),
          Big: end(pass({ Output: 'big' })),
          Small: end(pass({ Output: 'small' })),
        },
        { B: { Type: 'Succeed', Output: 'done' } },
        { C: { Type: 'Wait', Seconds: 1, Next: 'C2' }, C2: end(pass({ Output: 'late' })) },
      ]),
    ),
    input: 2,
    output: ['big', 'done', 'late'],
  },
  {
    name: 'a failed branch fails the Parallel',
    machine: one(parallel([{ A: end(task('f')) }, { B: end({ Type: 'Wait', Seconds: 60 }) }])),
    functions: { f: boom() },
    error: 'Boom',
    types: [
      ...['ExecutionStarted', 'ParallelStateEntered', 'ParallelStateStarted'],
      ...['TaskStateEntered', 'TaskScheduled', 'WaitStateEntered', 'TaskStarted', 'TaskFailed'],
      ...['TaskStateAborted', 'WaitStateAborted', 'ParallelStateFailed', 'ExecutionFailed'],
    ],
  },
  {
    name: 'a caught Parallel',
    machine: machine({
      P: parallel([{ A: end(task('f')) }], {
        Catch: [
          { ErrorEquals: ['Boom'], Assign: { e: '{% $states.errorOutput.Error %}' }, Output: 'caught', Next: 'B' },
        ],
        Next: 'B',
      }),
      B: end(pass({ Output: ['{% $states.input %}', '{% $e %}'] })),
    }),
    functions: { f: boom() },
    output: ['caught', 'Boom'],
    types: [
      ...['ExecutionStarted', 'ParallelStateEntered', 'ParallelStateStarted', 'TaskStateEntered', 'TaskScheduled'],
      ...['TaskStarted', 'TaskFailed', 'TaskStateAborted', 'ParallelStateFailed', 'ParallelStateExited'],
      ...['PassStateEntered', 'PassStateExited', 'ExecutionSucceeded'],
    ],
    previous: [0, 0, 2, 3, 4, 5, 6, 7, 7, 9, 10, 11, 12],
    source: 'recorded',
  },
  {
    name: 'a retried Parallel is started again, not entered again',
    machine: one(parallel([{ A: end(call('f')) }], { Retry: [{ ErrorEquals: ANY_ERROR, ...RETRY, MaxAttempts: 1 }] })),
    functions: { f: boom() },
    error: 'Boom',
    types: [
      ...['ExecutionStarted', 'ParallelStateEntered', 'ParallelStateStarted', 'TaskStateEntered', 'TaskScheduled'],
      ...['TaskStarted', 'TaskFailed', 'TaskStateAborted'],
      ...['ParallelStateStarted', 'TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskFailed', 'TaskStateAborted'],
      ...['ParallelStateFailed', 'ExecutionFailed'],
    ],
    previous: [0, 0, 2, 3, 4, 5, 6, 7, 7, 9, 10, 11, 12, 13, 13, 15],
    source: 'recorded',
  },
  {
    name: 'a late answer of an aborted branch changes nothing',
    machine: machine({
      P: parallel([{ A: end(task('slow')) }, { B: end(task('f')) }], {
        Catch: [{ ErrorEquals: ANY_ERROR, Output: 'caught', Next: 'W' }],
        Next: 'W',
      }),
      W: end({ Type: 'Wait', Seconds: 4 }),
    }),
    functions: { f: boom(), slow: { after: 2, returns: 'late' } },
    output: 'caught',
  },
  {
    name: 'a failing Output of a Parallel is caught by it',
    machine: machine({
      P: parallel([{ A: end(pass()) }], {
        Output: '{% $no %}',
        Catch: [{ ErrorEquals: ANY_ERROR, Next: 'B' }],
        Next: 'B',
      }),
      B: end(pass({ Output: '{% $states.input.Error %}' })),
    }),
    output: 'States.QueryEvaluationError',
  },
];
