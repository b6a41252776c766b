import { ANY_ERROR, boom, type Case, call, end, machine, map, one, pass, task } from './case.ts';

const RETRY = { IntervalSeconds: 1, BackoffRate: 1 };

export const MAP_FAILURES: Case[] = [
  {
    name: 'a failed iteration fails the Map and aborts the others',
    machine: one(map({ I: end(task('f', { TimeoutSeconds: 5 })) }, { Items: [1, 2, 3] })),
    functions: { f: [boom(), { after: 9 }, { after: 9 }] },
    error: 'Boom',
    types: [
      ...['ExecutionStarted', 'MapStateEntered', 'MapStateStarted'],
      ...['MapIterationStarted', 'MapIterationStarted', 'MapIterationStarted'],
      ...[
        'TaskStateEntered',
        'TaskScheduled',
        'TaskStateEntered',
        'TaskScheduled',
        'TaskStateEntered',
        'TaskScheduled',
      ],
      ...['TaskStarted', 'TaskStarted', 'TaskStarted', 'TaskFailed'],
      ...['MapIterationFailed', 'TaskStateAborted', 'MapIterationAborted', 'TaskStateAborted'],
      ...['MapIterationAborted', 'TaskStateAborted', 'MapStateFailed', 'ExecutionFailed'],
    ],
    previous: [0, 0, 2, 3, 3, 3, 4, 7, 5, 9, 6, 11, 8, 10, 12, 13, 16, 16, 16, 16, 16, 16, 16, 23],
    source: 'recorded',
  },
  {
    name: 'a Map is caught as a whole',
    machine: machine({
      M: map({ I: end(call('f')) }, { Catch: [{ ErrorEquals: ['Boom'], Next: 'B' }], Next: 'B' }),
      B: end(pass({ Output: '{% $states.input.Error %}' })),
    }),
    functions: { f: [{ returns: 1 }, boom()] },
    input: [1, 2],
    output: 'Boom',
  },
  {
    name: 'a Map is retried as a whole, and entered once',
    machine: one(map({ I: end(call('f')) }, { MaxConcurrency: 1, Retry: [{ ErrorEquals: ANY_ERROR, ...RETRY }] })),
    functions: { f: [boom(), { returns: 1 }] },
    input: [1],
    output: [1],
    types: [
      ...['ExecutionStarted', 'MapStateEntered', 'MapStateStarted', 'MapIterationStarted'],
      ...['TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskFailed', 'MapIterationFailed', 'TaskStateAborted'],
      ...[
        'MapStateStarted',
        'MapIterationStarted',
        'TaskStateEntered',
        'TaskScheduled',
        'TaskStarted',
        'TaskSucceeded',
      ],
      ...['TaskStateExited', 'MapIterationSucceeded', 'MapStateSucceeded', 'MapStateExited', 'ExecutionSucceeded'],
    ],
    source: 'recorded',
  },
  {
    name: 'a failing ItemSelector fails the Map',
    machine: machine({
      M: map(
        { I: end(pass()) },
        {
          Items: [1],
          ItemSelector: { x: '{% $no %}' },
          Catch: [{ ErrorEquals: ['States.QueryEvaluationError'], Next: 'B' }],
          Next: 'B',
        },
      ),
      B: end(pass({ Output: '{% $contains($states.input.Cause, "ItemSelector/x") %}' })),
    }),
    output: true,
  },
];
