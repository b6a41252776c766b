import { expect, test } from 'vitest';
import { aWorkbench } from './workbench.ts';

const INVOKE = 'arn:aws:states:::lambda:invoke';

test('a Task calls its function and its result goes on', async () => {
  const bench = await aWorkbench(
    {
      QueryLanguage: 'JSONata',
      StartAt: 'Greet',
      States: {
        Greet: {
          Type: 'Task',
          Resource: INVOKE,
          Arguments: { FunctionName: 'greet', Payload: { name: '{% $states.input.name %}' } },
          Output: '{% $states.result.Payload %}',
          End: true,
        },
      },
    },
    { functions: { greet: { returns: { hello: '{% $payload.name %}' } } } },
  );

  const arn = await bench.start({ name: 'Ada' });

  expect(await bench.end(arn)).toMatchObject({ status: 'SUCCEEDED', output: '{"hello":"Ada"}' });
  expect(await bench.types(arn)).toEqual([
    'ExecutionStarted',
    'TaskStateEntered',
    'TaskScheduled',
    'TaskStarted',
    'TaskSucceeded',
    'TaskStateExited',
    'ExecutionSucceeded',
  ]);
  expect(bench.events.map(({ detail }) => detail.status)).toEqual(['RUNNING', 'SUCCEEDED']);
  expect(bench.counted).toEqual([{ item: 'states:StateTransition', units: 2, by: 'Sample' }]);
});

test('a token task succeeds by SendTaskSuccess, and fails when its heartbeat is lost', async () => {
  const bench = await aWorkbench(
    {
      QueryLanguage: 'JSONata',
      StartAt: 'Agent',
      States: {
        Agent: {
          Type: 'Task',
          Resource: `${INVOKE}.waitForTaskToken`,
          Arguments: { FunctionName: '{% $states.input.f %}', Payload: { token: '{% $states.context.Task.Token %}' } },
          TimeoutSeconds: 60,
          HeartbeatSeconds: 30,
          End: true,
        },
      },
    },
    {
      functions: {
        good: { token: [{ sleep: 18 }, { heartbeat: true }, { sleep: 18 }, { success: { ok: true } }] },
        lost: { token: [{ sleep: 18 }, { heartbeat: true }, { sleep: 90 }, { success: 1 }] },
      },
    },
  );

  const good = await bench.start({ f: 'good' });
  const lost = await bench.start({ f: 'lost' });

  expect(await bench.end(good)).toMatchObject({ status: 'SUCCEEDED', output: '{"ok":true}' });
  expect(await bench.end(lost)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
  expect((await bench.types(good)).slice(3, 6)).toEqual(['TaskStarted', 'TaskSubmitted', 'TaskSucceeded']);
});

test('a Map gives its results in the order of its items, three at a time', async () => {
  const bench = await aWorkbench(
    {
      QueryLanguage: 'JSONata',
      StartAt: 'Each',
      States: {
        Each: {
          Type: 'Map',
          Items: '{% $states.input.items %}',
          MaxConcurrency: 3,
          ItemSelector: { n: '{% $states.context.Map.Item.Value %}', i: '{% $states.context.Map.Item.Index %}' },
          ItemProcessor: {
            ProcessorConfig: { Mode: 'INLINE' },
            StartAt: 'Double',
            States: {
              Double: {
                Type: 'Task',
                Resource: INVOKE,
                Arguments: { FunctionName: 'double', Payload: '{% $states.input %}' },
                Output: '{% $states.result.Payload %}',
                End: true,
              },
            },
          },
          End: true,
        },
      },
    },
    { functions: { double: { after: '{% 5 - $payload.i %}' as never, returns: '{% $payload.n * 2 %}' } } },
  );

  const arn = await bench.start({ items: [1, 2, 3, 4, 5] });

  expect(await bench.end(arn)).toMatchObject({ status: 'SUCCEEDED', output: '[2,4,6,8,10]' });
});
