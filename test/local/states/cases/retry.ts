import { ANY_ERROR, boom, type Case, call, one, task } from './case.ts';

const RETRY = { IntervalSeconds: 1, BackoffRate: 1 };
const flaky = [boom(), boom(), { returns: 'ok' }];

export const RETRY_CASES: Case[] = [
  {
    name: 'a retried task succeeds',
    machine: one(call('f', { Retry: [{ ErrorEquals: ['Boom'], ...RETRY }] })),
    functions: { f: flaky },
    output: 'ok',
    calls: ['f', 'f', 'f'],
    types: [
      'ExecutionStarted',
      'TaskStateEntered',
      ...['TaskScheduled', 'TaskStarted', 'TaskFailed'],
      ...['TaskScheduled', 'TaskStarted', 'TaskFailed'],
      ...['TaskScheduled', 'TaskStarted', 'TaskSucceeded'],
      'TaskStateExited',
      'ExecutionSucceeded',
    ],
    previous: [0, 0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    source: 'recorded',
  },
  {
    name: 'three retries by default, then the error',
    machine: one(task('f', { Retry: [{ ErrorEquals: ['Boom'] }] })),
    functions: { f: boom() },
    error: 'Boom',
    calls: ['f', 'f', 'f', 'f'],
  },
  {
    name: 'MaxAttempts 0 never retries',
    machine: one(
      task('f', {
        Retry: [
          { ErrorEquals: ['Boom'], MaxAttempts: 0 },
          { ErrorEquals: ANY_ERROR, ...RETRY },
        ],
      }),
    ),
    functions: { f: boom() },
    error: 'Boom',
    calls: ['f'],
  },
  {
    name: 'an error that no retrier names is not retried',
    machine: one(task('f', { Retry: [{ ErrorEquals: ['Other'], ...RETRY }] })),
    functions: { f: boom() },
    error: 'Boom',
    calls: ['f'],
  },
  {
    name: 'each retrier counts for itself',
    machine: one(
      task('f', {
        Retry: [
          { ErrorEquals: ['A'], ...RETRY, MaxAttempts: 1 },
          { ErrorEquals: ['B'], ...RETRY, MaxAttempts: 2 },
        ],
      }),
    ),
    functions: { f: [boom('A'), boom('B'), boom('B'), boom('A')] },
    error: 'A',
    calls: ['f', 'f', 'f', 'f'],
  },
  {
    name: 'the first retrier that names the error applies',
    machine: one(
      task('f', {
        Retry: [
          { ErrorEquals: ['Boom'], ...RETRY, MaxAttempts: 1 },
          { ErrorEquals: ANY_ERROR, ...RETRY },
        ],
      }),
    ),
    functions: { f: boom() },
    error: 'Boom',
    calls: ['f', 'f'],
  },
  {
    name: 'States.ALL retries any error',
    machine: one(call('f', { Retry: [{ ErrorEquals: ANY_ERROR, ...RETRY }] })),
    functions: { f: flaky },
    output: 'ok',
  },
  {
    name: 'States.TaskFailed retries any error of the task',
    machine: one(call('f', { Retry: [{ ErrorEquals: ['States.TaskFailed'], ...RETRY }] })),
    functions: { f: flaky },
    output: 'ok',
  },
  {
    name: 'States.TaskFailed does not retry a timeout',
    machine: one(task('f', { TimeoutSeconds: 1, Retry: [{ ErrorEquals: ['States.TaskFailed'], ...RETRY }] })),
    functions: { f: { after: 9 } },
    error: 'States.Timeout',
    calls: ['f'],
  },
  {
    name: 'States.Timeout retries a timeout',
    machine: one(call('f', { TimeoutSeconds: 15, Retry: [{ ErrorEquals: ['States.Timeout'], ...RETRY }] })),
    functions: { f: [{ after: 60 }, { returns: 'ok' }] },
    output: 'ok',
  },
  {
    name: 'RetryCount counts all retriers',
    machine: one(
      call(
        'f',
        {
          Retry: [
            { ErrorEquals: ['A'], ...RETRY },
            { ErrorEquals: ['B'], ...RETRY },
          ],
        },
        '{% $states.context.State.RetryCount %}',
      ),
    ),
    functions: { f: [boom('A'), boom('B'), { returns: '{% $payload %}' }] },
    output: 2,
    calls: [
      ['f', 0],
      ['f', 1],
      ['f', 2],
    ],
    source: 'recorded',
  },
  {
    name: 'jitter and a bound on the delay are taken',
    machine: one(
      call('f', {
        Retry: [
          { ErrorEquals: ['Boom'], IntervalSeconds: 3, BackoffRate: 9.5, MaxDelaySeconds: 4, JitterStrategy: 'FULL' },
        ],
      }),
    ),
    functions: { f: flaky },
    output: 'ok',
  },
  {
    name: 'a failed expression is retried where its error is named',
    machine: one(
      call('f', {
        Output: '{% $states.result.Payload.ok %}',
        Retry: [{ ErrorEquals: ['States.QueryEvaluationError'], ...RETRY }],
      }),
    ),
    functions: { f: [{ returns: {} }, { returns: { ok: 1 } }] },
    output: 1,
    calls: ['f', 'f'],
  },
];
