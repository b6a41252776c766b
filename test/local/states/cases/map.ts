import { type Case, call, end, map, one, parallel, pass, task } from './case.ts';

const _RETRY = { IntervalSeconds: 1, BackoffRate: 1 };
const double = { f: { returns: '{% $payload * 2 %}' } };
const ITERATION = ['MapIterationStarted', 'PassStateEntered', 'PassStateExited', 'MapIterationSucceeded'];

export const MAP: Case[] = [
  {
    name: 'a Map gives the outputs of its iterations in order',
    machine: one(map({ I: end(call('f')) }, { Items: '{% $states.input.list %}' })),
    functions: { f: { after: '{% 4 - $payload %}' as never, returns: '{% $payload * 2 %}' } },
    input: { list: [1, 2, 3] },
    output: [2, 4, 6],
  },
  {
    name: 'one at a time',
    machine: one(map({ I: end(pass()) }, { Items: [1, 2, 3], MaxConcurrency: 1 })),
    output: [1, 2, 3],
    types: [
      ...['ExecutionStarted', 'MapStateEntered', 'MapStateStarted', ...ITERATION, ...ITERATION, ...ITERATION],
      ...['MapStateSucceeded', 'MapStateExited', 'ExecutionSucceeded'],
    ],
    previous: [0, 0, 2, 3, 4, 5, 6, 6, 8, 9, 10, 10, 12, 13, 14, 15, 15, 17],
    events: {
      MapStateStarted: { length: 3 },
      MapIterationStarted: { name: 'S', index: 0 },
      MapIterationSucceeded: { name: 'S', index: 0 },
      MapStateExited: { name: 'S', output: '[1,2,3]' },
    },
    source: 'recorded',
  },
  {
    name: 'all iterations start before the first goes on',
    machine: one(map({ I: end(task('f')) }, { Items: [1, 2], Output: 1 })),
    functions: { f: { after: 1 } },
    output: 1,
    types: [
      ...['ExecutionStarted', 'MapStateEntered', 'MapStateStarted', 'MapIterationStarted', 'MapIterationStarted'],
      ...['TaskStateEntered', 'TaskScheduled', 'TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskStarted'],
      ...['TaskSucceeded', 'TaskStateExited', 'MapIterationSucceeded'],
      ...['TaskSucceeded', 'TaskStateExited', 'MapIterationSucceeded'],
      ...['MapStateSucceeded', 'MapStateExited', 'ExecutionSucceeded'],
    ],
    source: 'recorded',
  },
  {
    name: 'no items, no iterations',
    machine: one(map({ I: end(pass()) }, { Items: [] })),
    output: [],
    types: [
      ...['ExecutionStarted', 'MapStateEntered', 'MapStateStarted', 'MapStateSucceeded', 'MapStateExited'],
      'ExecutionSucceeded',
    ],
  },
  {
    name: 'without Items the input is the list',
    machine: one(map({ I: end(call('f')) })),
    functions: double,
    input: [5],
    output: [10],
  },
  {
    name: 'Items may hold expressions',
    machine: one(map({ I: end(pass()) }, { Items: [1, '{% $states.input.x %}', { y: '{% $states.input.x + 1 %}' }] })),
    input: { x: 2 },
    output: [1, 2, { y: 3 }],
  },
  {
    name: 'ItemSelector makes the input of an iteration',
    machine: one(
      map(
        { I: end(pass()) },
        {
          Items: ['a', 'b'],
          ItemSelector: {
            i: '{% $states.context.Map.Item.Index %}',
            v: '{% $states.context.Map.Item.Value %}',
            all: '{% $states.input.k %}',
          },
        },
      ),
    ),
    input: { k: 1 },
    output: [
      { i: 0, v: 'a', all: 1 },
      { i: 1, v: 'b', all: 1 },
    ],
    source: 'recorded',
  },
  {
    name: 'an iteration knows its item',
    machine: one(
      map(
        { I: end(pass({ Output: '{% $states.context.Map.Item.Index & $states.context.Map.Item.Value %}' })) },
        { Items: ['a', 'b'] },
      ),
    ),
    output: ['0a', '1b'],
  },
  {
    name: 'Items that are no list fail the state',
    machine: one(map({ I: end(pass()) }, { Items: '{% $states.input %}' })),
    input: 1,
    error: 'States.QueryEvaluationError',
    cause: /Expected 'array', but was 'number' for value: 1$/,
    types: ['ExecutionStarted', 'MapStateEntered', 'EvaluationFailed', 'ExecutionFailed'],
    source: 'recorded',
  },
  {
    name: 'an input that is no list fails the state',
    machine: one(map({ I: end(pass()) })),
    input: 1,
    error: 'States.QueryEvaluationError',
    cause: /Map state input must be an array but was: 1$/,
    source: 'recorded',
  },
  {
    name: 'a filter with one hit is no list',
    machine: one(map({ I: end(pass()) }, { Items: '{% $states.input[k = 1] %}' })),
    input: [{ k: 1 }, { k: 2 }],
    error: 'States.QueryEvaluationError',
    cause: /Expected 'array', but was 'object'/,
  },
  {
    name: 'in brackets it is',
    machine: one(map({ I: end(pass()) }, { Items: '{% [$states.input[k = 1]] %}' })),
    input: [{ k: 1 }, { k: 2 }],
    output: [{ k: 1 }],
  },
  {
    name: 'MaxConcurrency may be an expression, and 0 means no limit',
    machine: one(map({ I: end(call('f')) }, { MaxConcurrency: '{% 0 %}' })),
    functions: double,
    input: [1, 2],
    output: [2, 4],
  },
  {
    name: 'MaxConcurrency must be a non-negative integer',
    machine: one(map({ I: end(pass()) }, { MaxConcurrency: '{% -1 %}' })),
    input: [],
    error: 'States.QueryEvaluationError',
    cause: /the field 'MaxConcurrency'/,
  },
  {
    name: 'more items than places',
    machine: one(map({ I: end(call('f')) }, { Output: '{% $sum($states.result) %}' })),
    functions: double,
    input: Array.from({ length: 60 }, (_, i) => i),
    output: 3540,
  },
  {
    name: 'Maps nest',
    machine: one(map({ Inner: end(map({ I: end(pass({ Output: '{% $states.input + 1 %}' })) })) })),
    input: [[1, 2], [], [3]],
    output: [[2, 3], [], [4]],
  },
  {
    name: 'a Map inside a Parallel inside a Map knows the nearest item',
    machine: one(
      map({
        P: end(
          parallel([
            { L: end(pass({ Output: '{% $states.context.Map.Item.Value[0] %}' })) },
            { M: end(map({ I: end(pass({ Output: '{% $states.context.Map.Item.Value %}' })) })) },
          ]),
        ),
      }),
    ),
    input: [[1, 2]],
    output: [[1, [1, 2]]],
  },
  {
    name: 'Output and the result of a Map',
    machine: one(
      map(
        { I: end(pass()) },
        { Items: [1, 2], Output: { n: '{% $count($states.result) %}', i: '{% $states.input %}' } },
      ),
    ),
    input: 'in',
    output: { n: 2, i: 'in' },
  },
  {
    name: 'an iteration may end in a Succeed',
    machine: one(map({ I: pass({ Next: 'Z' }), Z: { Type: 'Succeed', Output: '{% $states.input * 3 %}' } })),
    input: [1, 2],
    output: [3, 6],
  },
  {
    name: 'null is an item',
    machine: one(map({ I: end(pass({ Output: '{% $states.input = null %}' })) })),
    input: [null],
    output: [true],
  },
];
