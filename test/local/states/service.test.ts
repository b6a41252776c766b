import { expect, test } from 'vitest';
import type { JsonObject } from '#local/parts';
import { choice, end, machine, map, one, parallel, pass, task, tokenTask } from './cases/case.ts';
import { aWorkbench, MACHINE_ARN, ROLE_ARN } from './workbench.ts';

const WAIT = one({ Type: 'Wait', Seconds: 1000 });

test('a start is idempotent by name and input while it runs, and refused afterwards', async () => {
  const bench = await aWorkbench(WAIT);
  const request = { stateMachineArn: MACHINE_ARN, name: 'a', input: '{"x": 1}' };

  const [first, second] = await Promise.all([
    bench.states.call('StartExecution', request),
    bench.states.call('StartExecution', request),
  ]);

  expect(second).toEqual(first);
  const other = { ...request, input: '{"x":1}' };
  await expect(bench.states.call('StartExecution', other)).rejects.toMatchObject({ code: 'ExecutionAlreadyExists' });
  await bench.states.call('StopExecution', { executionArn: String(first.executionArn) });
  await expect(bench.states.call('StartExecution', request)).rejects.toMatchObject({ code: 'ExecutionAlreadyExists' });
  expect(bench.events).toHaveLength(2);
});

test.each([
  ['StartExecution', { stateMachineArn: MACHINE_ARN, name: 'no blanks' }, 'InvalidName'],
  ['StartExecution', { stateMachineArn: MACHINE_ARN, name: 'x'.repeat(81) }, 'InvalidName'],
  ['StartExecution', { stateMachineArn: MACHINE_ARN, input: 'not json' }, 'InvalidExecutionInput'],
  ['StartExecution', { stateMachineArn: MACHINE_ARN, input: '' }, 'InvalidExecutionInput'],
  ['StartExecution', { stateMachineArn: MACHINE_ARN, input: `"${'x'.repeat(262_144)}"` }, 'InvalidExecutionInput'],
  ['StartExecution', { stateMachineArn: `${MACHINE_ARN}s` }, 'StateMachineDoesNotExist'],
  ['StartExecution', { stateMachineArn: 'Sample' }, 'InvalidArn'],
  ['StartExecution', { input: '{}' }, 'ValidationException'],
  ['StartExecution', { stateMachineArn: MACHINE_ARN, Name: 'x' }, 'ValidationException'],
  [
    'DescribeExecution',
    { executionArn: `${MACHINE_ARN.replace('stateMachine', 'execution')}:no` },
    'ExecutionDoesNotExist',
  ],
  ['DescribeExecution', { executionArn: 'x' }, 'InvalidArn'],
  [
    'StopExecution',
    { executionArn: `${MACHINE_ARN.replace('stateMachine', 'execution')}:no` },
    'ExecutionDoesNotExist',
  ],
  [
    'GetExecutionHistory',
    { executionArn: `${MACHINE_ARN.replace('stateMachine', 'execution')}:no` },
    'ExecutionDoesNotExist',
  ],
  ['ListExecutions', { stateMachineArn: `${MACHINE_ARN}s` }, 'StateMachineDoesNotExist'],
  ['ListExecutions', { stateMachineArn: MACHINE_ARN, nextToken: '!' }, 'InvalidToken'],
  ['DescribeStateMachine', { stateMachineArn: `${MACHINE_ARN}s` }, 'StateMachineDoesNotExist'],
  ['SendTaskSuccess', { taskToken: 'never', output: '{}' }, 'InvalidToken'],
  ['SendTaskSuccess', { taskToken: 'never', output: 'no json' }, 'InvalidOutput'],
  ['SendTaskFailure', { taskToken: 'never' }, 'InvalidToken'],
  ['SendTaskHeartbeat', { taskToken: 'never' }, 'InvalidToken'],
  ['RedriveExecution', { executionArn: 'x' }, 'UnknownOperationException'],
  ['toString', {}, 'UnknownOperationException'],
])('%s %j is refused as %s', async (operation, request, code) => {
  const bench = await aWorkbench(WAIT);

  await expect(bench.states.call(operation, request as JsonObject)).rejects.toMatchObject({ code, status: 400 });
});

test('StopExecution ends it with error and cause, and what comes later is settled', async () => {
  const bench = await aWorkbench(one(tokenTask('f')), { functions: { f: {} } });
  const executionArn = await bench.start({});
  await expect.poll(() => bench.functions.notes.length).toBe(1);

  const reply = await bench.states.call('StopExecution', { executionArn, error: 'Manual', cause: 'probe' });

  expect(await bench.end(executionArn)).toMatchObject({
    status: 'ABORTED',
    error: 'Manual',
    cause: 'probe',
    stopDate: reply.stopDate,
  });
  const [last] = (await bench.history(executionArn)).slice(-1);
  expect(last).toMatchObject({
    type: 'ExecutionAborted',
    previousEventId: 0,
    executionAbortedEventDetails: { error: 'Manual', cause: 'probe' },
  });
  const { token } = bench.functions.notes[0]!.payload as JsonObject;
  for (const operation of ['SendTaskSuccess', 'SendTaskFailure', 'SendTaskHeartbeat']) {
    const more: JsonObject = operation === 'SendTaskSuccess' ? { output: '1' } : {};
    const late = bench.states.call(operation, { taskToken: token!, ...more });
    await expect(late).rejects.toMatchObject({ code: 'TaskTimedOut' });
  }
  expect(await bench.states.call('StopExecution', { executionArn })).toEqual(reply);
  expect(bench.events.map(({ detail }) => detail.status)).toEqual(['RUNNING', 'ABORTED']);
});

test('StopExecution gets through to a machine that never rests', async () => {
  const loop = machine({ C: choice([{ Condition: true, Next: 'C' }], { Default: 'E' }), E: { Type: 'Succeed' } });
  const bench = await aWorkbench(loop);
  const executionArn = await bench.start({});

  await bench.states.call('StopExecution', { executionArn });

  expect(await bench.end(executionArn)).toMatchObject({ status: 'ABORTED' });
});

test('the history ends with its 25,000th event', async () => {
  const loop = machine({ C: choice([{ Condition: true, Next: 'C' }], { Default: 'E' }), E: { Type: 'Succeed' } });
  const bench = await aWorkbench(loop);
  const executionArn = await bench.start({ spin: true });
  await bench.end(executionArn);

  const reply = await bench.states.call('GetExecutionHistory', { executionArn, reverseOrder: true, maxResults: 2 });

  expect(reply.events).toMatchObject([
    { id: 25_000, previousEventId: 24_999, type: 'ExecutionFailed' },
    { id: 24_999, previousEventId: 24_998, type: 'ChoiceStateExited' },
  ]);
});

test('a start by alias or version is shown as such', async () => {
  const versions = [`${MACHINE_ARN}:live`, `${MACHINE_ARN}:3`];
  const bench = await aWorkbench(one(pass()), { versions });

  const replies = await Promise.all(
    versions.map((stateMachineArn) => bench.states.call('StartExecution', { stateMachineArn, input: '{}' })),
  );

  const [byAlias, byVersion] = await Promise.all(replies.map(({ executionArn }) => bench.end(String(executionArn))));
  expect(byAlias).toMatchObject({ stateMachineArn: MACHINE_ARN, stateMachineAliasArn: versions[0] });
  expect(byVersion).toMatchObject({ stateMachineArn: MACHINE_ARN, stateMachineVersionArn: versions[1] });
});

test('lists and histories come in pages', async () => {
  const bench = await aWorkbench(one(pass()));
  for (const name of ['a', 'b', 'c']) await bench.end(await bench.start({}, name));
  const stateMachineArn = MACHINE_ARN;

  const first = await bench.states.call('ListExecutions', { stateMachineArn, maxResults: 2 });
  const nextToken = first.nextToken!;
  const second = await bench.states.call('ListExecutions', { stateMachineArn, maxResults: 2, nextToken });
  const running = await bench.states.call('ListExecutions', { stateMachineArn, statusFilter: 'RUNNING' });

  const names = [first, second].map(({ executions }) => (executions as JsonObject[]).map(({ name }) => name));
  expect(names).toEqual([['c', 'b'], ['a']]);
  expect(second.nextToken).toBeUndefined();
  expect(running.executions).toEqual([]);
});

test('a history without its data', async () => {
  const bench = await aWorkbench(one(pass({ Assign: { x: 1 } })));
  const executionArn = await bench.start({ secret: 1 });
  await bench.end(executionArn);

  const reply = await bench.states.call('GetExecutionHistory', { executionArn, includeExecutionData: false });

  expect(reply.events).toMatchObject([
    { executionStartedEventDetails: { roleArn: ROLE_ARN } },
    { stateEnteredEventDetails: { name: 'S' } },
    { stateExitedEventDetails: { name: 'S' } },
    { executionSucceededEventDetails: {} },
  ]);
  expect(JSON.stringify(reply)).not.toContain('secret');
});

test('status events carry what rules match on', async () => {
  const bench = await aWorkbench(machine({ Z: { Type: 'Fail', Error: 'E', Cause: 'c' } }));
  const executionArn = await bench.start({ n: 1 }, 'job-1');
  await bench.end(executionArn);

  expect(bench.events).toHaveLength(2);
  expect(bench.events[1]).toMatchObject({
    source: 'aws.states',
    'detail-type': 'Step Functions Execution Status Change',
    resources: [executionArn],
    detail: {
      executionArn,
      stateMachineArn: MACHINE_ARN,
      name: 'job-1',
      status: 'FAILED',
      input: '{"n":1}',
      output: null,
      error: 'E',
      cause: 'c',
      startDate: expect.any(Number),
      stopDate: expect.any(Number),
    },
  });
});

test('transitions are counted: the start, each state, each retry', async () => {
  const flaky = task('f', { Retry: [{ ErrorEquals: ['Boom'] }], Next: 'P' });
  const branches = parallel([{ A: end(pass()) }, { B: end(pass()) }], { Next: 'M' });
  const definition = machine({ T: flaky, P: branches, M: end(map({ I: end(pass()) }, { Items: [1, 2] })) });
  const throws = { errorType: 'Boom', errorMessage: '' };
  const bench = await aWorkbench(definition, { functions: { f: [{ throws }, { returns: 1 }] } });

  await bench.end(await bench.start({}));

  // start, T and its retry, P, A, B, M and two iterations of I
  expect(bench.counted.reduce((sum, { units }) => sum + units, 0)).toBe(9);
});

test('a retry waits as long as its retrier says', async () => {
  const Retry = [{ ErrorEquals: ['Boom'], IntervalSeconds: 2, BackoffRate: 3, MaxDelaySeconds: 7, MaxAttempts: 3 }];
  const throws = { errorType: 'Boom', errorMessage: '' };
  const bench = await aWorkbench(one(task('f', { Retry })), { functions: { f: { throws } }, timeScale: 20 });
  const executionArn = await bench.start({});
  await bench.end(executionArn);

  const at = (await bench.history(executionArn))
    .filter(({ type }) => type === 'TaskScheduled')
    .map(({ timestamp }) => Number(timestamp) * 1000);

  const gaps = at.slice(1).map((time, i) => time - at[i]!);
  // 2 s, 6 s and, capped, 7 s, at a twentieth
  for (const [i, least] of [100, 300, 350].entries()) expect(gaps[i]).toBeGreaterThanOrEqual(least);
  // Without the cap it would be 18 s.
  expect(gaps[2]).toBeLessThan(900);
});

test('fifty executions at once', async () => {
  const definition = one(map({ T: end(task('f', { Output: '{% $states.result.Payload %}' })) }));
  const bench = await aWorkbench(definition, { functions: { f: { returns: '{% $payload + 1 %}' } } });

  const arns = await Promise.all(Array.from({ length: 50 }, (_, i) => bench.start([i, i, i])));
  const ends = await Promise.all(arns.map((arn) => bench.end(arn)));

  expect(ends.map(({ output }) => output)).toEqual(arns.map((_, i) => JSON.stringify([i + 1, i + 1, i + 1])));
});
