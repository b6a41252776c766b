import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { JsonObject } from '#local/parts';
import type { FunctionTable } from '#local/states/function-table';
import { Store } from '#local/states/store';
import type { Turn } from '#local/states/turn';
import { end, machine, one, pass, tokenTask } from './cases/case.ts';
import { aStateDir, aWorkbench, type Workbench } from './workbench.ts';

const INVOKE = 'arn:aws:states:::lambda:invoke';

function task(FunctionName: string, more: JsonObject): JsonObject {
  const Arguments = { FunctionName, Payload: { n: '{% $states.input %}' } };
  return { Type: 'Task', Resource: INVOKE, Arguments, Output: '{% $states.result.Payload %}', ...more };
}

const AGENT: JsonObject = {
  Type: 'Task',
  Resource: `${INVOKE}.waitForTaskToken`,
  Arguments: {
    FunctionName: 'agent',
    Payload: { n: '{% $states.input %}', token: '{% $states.context.Task.Token %}' },
  },
  TimeoutSeconds: 600,
  HeartbeatSeconds: 300,
};

/** Every kind of waiting there is: calls, tokens, a Wait, a backoff, a Map with fewer places than items, a Parallel. */
const DEFINITION: JsonObject = {
  QueryLanguage: 'JSONata',
  StartAt: 'Prepare',
  States: {
    Prepare: { Type: 'Pass', Assign: { factor: 2 }, Output: [1, 2, 3], Next: 'Each' },
    Each: {
      Type: 'Map',
      MaxConcurrency: 2,
      ItemProcessor: {
        StartAt: 'Double',
        States: {
          Double: task('flaky', { Retry: [{ ErrorEquals: ['Busy'], IntervalSeconds: 1 }], Next: 'Agent' }),
          Agent: { ...AGENT, End: true },
        },
      },
      Next: 'Rest',
    },
    Rest: { Type: 'Wait', Seconds: 1, Assign: { sum: '{% $sum($states.input) * $factor %}' }, Next: 'Both' },
    Both: {
      Type: 'Parallel',
      Branches: [
        { StartAt: 'Left', States: { Left: { Type: 'Pass', Output: '{% $sum + 1 %}', End: true } } },
        { StartAt: 'Right', States: { Right: task('double', { End: true }) } },
      ],
      Output: { sum: '{% $sum %}', both: '{% $states.result %}' },
      End: true,
    },
  },
};

const FUNCTIONS: FunctionTable = {
  double: { returns: '{% $sum($payload.n) * 2 %}' },
  flaky: [{ throws: { errorType: 'Busy', errorMessage: 'later' } }, { returns: '{% $sum($payload.n) * 2 %}' }],
  agent: { token: [{ sleep: 1 }, { heartbeat: true }, { success: '{% $payload.n + 1 %}' }] },
};

const OUTPUT = { sum: 30, both: [31, 30] };

/** The stateful half of a first run, after each of its turns: what a kill -9 would have left there. */
async function crashPoints(): Promise<string[]> {
  const points: string[] = [];
  const save = Store.prototype.save;
  let bench: Workbench | undefined;
  Store.prototype.save = function (this: Store, turn: Turn): void {
    save.call(this, turn);
    if (!bench) return;
    const copy = join(aStateDir(), 'copy');
    cpSync(bench.stateDir, copy, { recursive: true });
    points.push(copy);
  };
  try {
    bench = await aWorkbench(DEFINITION, { functions: FUNCTIONS });
    const arn = await bench.start(0, 'sample');
    expect(await bench.end(arn)).toMatchObject({ status: 'SUCCEEDED', output: JSON.stringify(OUTPUT) });
  } finally {
    Store.prototype.save = save;
  }
  return points;
}

test('an execution that is killed after any of its turns ends as it would have', async () => {
  const points = await crashPoints();
  expect(points.length).toBeGreaterThan(12);

  for (const stateDir of points) {
    const bench = await aWorkbench(DEFINITION, { functions: FUNCTIONS, stateDir, keep: true });
    await bench.states.resume();
    const { executions } = await bench.states.call('ListExecutions', {
      stateMachineArn: 'arn:aws:states:us-east-1:000000000000:stateMachine:Sample',
    });
    const arn = String((executions as JsonObject[])[0]?.executionArn);
    // A token whose holder died with the process is settled by a new holder: none is lost, none counts twice.
    await settleLostTokens(bench, arn);

    expect(await bench.end(arn)).toMatchObject({ status: 'SUCCEEDED', output: JSON.stringify(OUTPUT) });
    const history = await bench.history(arn);
    expect(history.map(({ id }) => id)).toEqual(history.map((_, i) => i + 1));
    const entered = history.filter(({ type }) => String(type).endsWith('StateEntered'));
    expect(entered).toHaveLength(12);
    await bench.states.stop();
  }
});

/** Tokens whose holder died with its process, or whose settlement was refused: somebody else settles them. */
async function settleLostTokens(bench: Workbench, arn: string): Promise<void> {
  const done = new Set<string>();
  for (;;) {
    const history = await bench.history(arn);
    const holders = bench.functions.notes.filter(({ sent }) => !sent.some((line) => line.includes('disk full')));
    const held = new Set(holders.map(({ payload }) => (payload as JsonObject).token));
    for (const { type, taskScheduledEventDetails } of history) {
      if (type !== 'TaskScheduled') continue;
      const { Payload } = JSON.parse(String((taskScheduledEventDetails as JsonObject).parameters));
      if (!Payload.token || held.has(Payload.token) || done.has(Payload.token)) continue;
      const request = { taskToken: Payload.token, output: JSON.stringify(Payload.n + 1) };
      const settled = bench.states.call('SendTaskSuccess', request);
      await settled.then(() => done.add(Payload.token)).catch(() => undefined);
    }
    const { status } = await bench.states.call('DescribeExecution', { executionArn: arn });
    if (status !== 'RUNNING') return;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

test('while the service stops, a settlement is refused and not called settled', async () => {
  const definition = { QueryLanguage: 'JSONata', StartAt: 'Agent', States: { Agent: { ...AGENT, End: true } } };
  const bench = await aWorkbench(definition, { functions: { agent: {} }, keep: true });
  await bench.start(1);
  await expect.poll(() => bench.functions.notes.length).toBe(1);
  const { token } = bench.functions.notes[0]!.payload as JsonObject;

  const stopping = bench.states.stop();
  const settled = bench.states.call('SendTaskSuccess', { taskToken: token!, output: '1' });

  await expect(settled).rejects.toMatchObject({ code: 'ServiceUnavailable', status: 503 });
  await stopping;
});

test('a turn that cannot be written did not happen', async () => {
  const bench = await aWorkbench(DEFINITION, { functions: FUNCTIONS });
  const save = Store.prototype.save;
  let failures = 0;
  Store.prototype.save = function (this: Store, turn: Turn): void {
    // Every fourth write after the start fails, as on a full disk.
    failures += 1;
    if (failures % 4 === 0) throw new Error('disk full');
    save.call(this, turn);
  };
  onTestFinished(() => {
    Store.prototype.save = save;
  });
  const silence = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  onTestFinished(() => silence.mockRestore());

  const arn = await bench.start(0);
  await settleLostTokens(bench, arn);

  expect(await bench.end(arn)).toMatchObject({ status: 'SUCCEEDED', output: JSON.stringify(OUTPUT) });
  expect(failures).toBeGreaterThan(4);
});

test('a running execution keeps its definition over a restart with another', async () => {
  const stateDir = aStateDir();
  const old = machine({ W: { Type: 'Wait', Seconds: 30, Next: 'P' }, P: end(pass({ Output: 'old' })) });
  const first = await aWorkbench(old, { stateDir, keep: true });
  const executionArn = await first.start({});
  await first.states.stop();

  const second = await aWorkbench(machine({ P: end(pass({ Output: 'new' })) }), { stateDir });
  await second.states.resume();

  expect(await second.end(executionArn)).toMatchObject({ output: '"old"' });
  expect(await second.end(await second.start({}))).toMatchObject({ output: '"new"' });
  const kept = await second.states.call('DescribeStateMachineForExecution', { executionArn });
  expect(JSON.parse(String(kept.definition))).toEqual(old);
});

test('what fell due while nothing ran is due at once', async () => {
  const stateDir = aStateDir();
  const definition = one(tokenTask('f', { HeartbeatSeconds: 10 }));
  const first = await aWorkbench(definition, { functions: { f: {} }, stateDir, keep: true });
  const executionArn = await first.start({});
  await expect.poll(() => first.types(executionArn)).toContain('TaskSubmitted');
  await first.states.stop();
  await new Promise((resolve) => setTimeout(resolve, 110));

  const second = await aWorkbench(definition, { functions: {}, stateDir });
  await second.states.resume();

  expect(await second.end(executionArn)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
  expect(second.functions.notes).toEqual([]);
});

test('an end that nobody was told of is told after a restart', async () => {
  const stateDir = aStateDir();
  const first = await aWorkbench(one(pass()), { stateDir, keep: true });
  await first.end(await first.start({}));
  await first.states.stop();
  const { DatabaseSync } = await import('node:sqlite');
  const db = new DatabaseSync(`${stateDir}/states.sqlite`);
  db.exec('UPDATE executions SET announced = 0');
  db.close();

  const second = await aWorkbench(one(pass()), { stateDir });
  await second.states.resume();
  await second.states.resume();

  expect(second.events.map(({ detail }) => detail.status)).toEqual(['SUCCEEDED']);
});
