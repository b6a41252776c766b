import { readFileSync } from 'node:fs';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import {
  ListActivitiesCommand,
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { ListQueueTagsCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Alteration } from '../support/altered-assembly.ts';
import { eventually } from '../support/eventually.ts';
import { listeners } from '../support/listeners.ts';
import { POISON } from '../support/sample-application.ts';
import { type SampleJourney, startSample } from '../support/sample-journey.ts';

/** The journeys of an application that is not Patchbay, in real time, through the unmodified AWS SDK. */
let sample: SampleJourney;
beforeAll(async () => {
  sample = await startSample();
});
afterAll(() => sample?.stop());

describe.concurrent('a sample application', () => {
  it('1: lets in whoever has a token with the scope, and shows handlers the settings of the template', async () => {
    const { issuer, apiUrl } = sample.stack;
    const status = async (authorization?: string) => {
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
      return (await fetch(`${apiUrl}/solve`, { method: 'POST', headers })).status;
    };

    expect(await status()).toBe(401);
    expect(await status('Bearer nonsense')).toBe(401);
    expect(await status(`Bearer ${await issuer.token('ada', { scope: 'openid' })}`)).toBe(403);
    expect(await status(`Bearer ${await issuer.token('ada', { scope: 'openid solve' })}`)).toBe(202);
    const seen = (await (await fetch(`${apiUrl}/context`)).json()) as { memory: string; remaining: number };
    expect(seen).toEqual({ memory: '512', remaining: expect.any(Number) });
    expect(seen.remaining).toBeGreaterThan(15_000);
    expect(seen.remaining).toBeLessThanOrEqual(20_000);
  });

  it('2: goes from the request over queue and execution to a row and an object', async () => {
    const id = await sample.solve({ kind: 'solve' });

    const { status, output = '' } = await sample.ended(id);

    expect([status, JSON.parse(output)]).toEqual(['SUCCEEDED', { retries: 0 }]);
    expect(await sample.row(`result#${id}`)).toMatchObject({ result: '{"retries":0}' });
    const Key = `results/${id}`;
    const stored = await sample.s3.send(new GetObjectCommand({ Bucket: sample.outputs.BucketName, Key }));
    expect(await stored.Body?.transformToString()).toBe('{"retries":0}');
    const task = ['TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskSucceeded', 'TaskStateExited'];
    expect(await sample.history(id)).toEqual([
      'ExecutionStarted',
      'ChoiceStateEntered',
      'ChoiceStateExited',
      ...task,
      ...task,
      'ExecutionSucceeded',
    ]);
  });

  it('3: tries a custom error again, and fails by an evaluated error otherwise', async () => {
    const [again, broken] = await Promise.all([sample.solve({ kind: 'retry' }), sample.solve({ kind: 'fail' })]);

    const [second, failed] = await Promise.all([sample.ended(again), sample.ended(broken)]);

    expect(JSON.parse(second.output ?? '')).toEqual({ retries: 2 });
    expect((await sample.history(again)).filter((type) => type === 'TaskScheduled')).toHaveLength(4);
    expect(failed).toMatchObject({ status: 'FAILED', error: 'Sample.Broken' });
    expect(JSON.parse(failed.cause ?? '')).toMatchObject({ errorType: 'Broken', errorMessage: 'no use' });
  });

  it('5: is stopped with error and cause; what comes late is settled; a name has one input', async () => {
    const id = await sample.solve({ kind: 'token', runner: 'none' });
    const taskToken = await sample.token(id);
    const again = (input: object) =>
      sample.sfn.send(
        new StartExecutionCommand({
          stateMachineArn: sample.outputs.MachineArn,
          name: id,
          input: JSON.stringify(input),
        }),
      );

    expect((await again({ id, kind: 'token', runner: 'none' })).executionArn).toBe(sample.arnOf(id));
    await expect(again({ id, other: 'input' })).rejects.toMatchObject({ name: 'ExecutionAlreadyExists' });
    await sample.sfn.send(
      new StopExecutionCommand({ executionArn: sample.arnOf(id), error: 'Enough', cause: 'asked' }),
    );

    expect(await sample.ended(id)).toMatchObject({ status: 'ABORTED', error: 'Enough', cause: 'asked' });
    for (const late of [
      new SendTaskSuccessCommand({ taskToken, output: '{}' }),
      new SendTaskFailureCommand({ taskToken }),
      new SendTaskHeartbeatCommand({ taskToken }),
    ])
      await expect(sample.sfn.send(late as SendTaskSuccessCommand)).rejects.toMatchObject({ name: 'TaskTimedOut' });
  });

  it('6: does the good message of a batch, and the poison is dead after its receives', async () => {
    const began = Date.now();
    const poison = await sample.solve({ kind: 'poison' });
    const good = await sample.solve({ kind: 'solve' });

    expect((await sample.ended(good)).status).toBe('SUCCEEDED');
    let dead: string[] = [];
    await eventually('the poison is in the dead letter queue', async () => {
      const receive = { QueueUrl: sample.outputs.DeadUrl, WaitTimeSeconds: 1 };
      const { Messages = [] } = await sample.sqs.send(new ReceiveMessageCommand(receive));
      dead = Messages.map(({ Body = '' }) => (JSON.parse(Body) as { id: string }).id);
      return dead.length > 0;
    });

    expect(dead).toEqual([poison]);
    const took = (Date.now() - began) / 1_000;
    expect(took).toBeGreaterThan(POISON.visibility * POISON.receives);
    process.stdout.write(`the poison was dead after ${took.toFixed(1)} s\n`);
  });

  it('7: opens sockets by a good ticket, answers through @connections, forgets them when they close', async () => {
    const url = sample.stack.socketUrl;
    const refused = await new Promise((resolve) => {
      const socket = new WebSocket(`${url}?ticket=bad`).on('error', () => {});
      socket.on('unexpected-response', (_, { statusCode }) => resolve(statusCode));
    });
    const socket = new WebSocket(`${url}?ticket=good`);
    await new Promise((resolve) => socket.on('open', resolve));
    const answer = new Promise<string>((resolve) => socket.on('message', (data) => resolve(String(data))));
    const asked = Date.now();
    socket.send('{"action":"ping"}');
    const { connectionId } = JSON.parse(await answer) as { connectionId: string };
    const answeredMs = Date.now() - asked;

    expect(refused).toBe(403);
    expect(await sample.row(`connection#${connectionId}`)).toBeDefined();
    const closed = Date.now();
    socket.close();
    await eventually('the row is gone', async () => (await sample.row(`connection#${connectionId}`)) === undefined, 5);
    process.stdout.write(`pong after ${answeredMs} ms, row gone after ${Date.now() - closed} ms\n`);
  });

  it('8: opens objects by URLs that are in time and untouched, and takes what a form allows, once', async () => {
    const urls = async (key: string, life = 60) =>
      (await (await fetch(`${sample.stack.apiUrl}/urls?key=${key}&seconds=${life}`)).json()) as Urls;
    const { get, once, form } = await urls('own/one');
    const put = (body: string) => fetch(once, { method: 'PUT', headers: { 'if-none-match': '*' }, body });

    expect(await post(form, 'much too large')).toBe(400);
    expect((await fetch(get)).status).toBe(404);
    expect([(await put('first')).status, (await put('second')).status]).toEqual([200, 412]);
    expect(await (await fetch(get)).text()).toBe('first');
    expect((await fetch(get.replace('own/one', 'own/two'))).status).toBe(403);
    expect(await post(form, 'small')).toBe(204);
    expect(await (await fetch(get)).text()).toBe('small');
    const short = await urls('own/one', 1);
    await eventually('the URL is too old', async () => (await fetch(short.get)).status === 403, 5);
  });
});

it('10: ends thirty at once on two processes of each function, by no lost heartbeat', async () => {
  const kinds = ['solve', 'token'] as const;
  const began = Date.now();
  const ids = await Promise.all(
    Array.from({ length: 30 }, (_, i) => sample.solve({ kind: kinds[i % 2] ?? '', runner: 'quick' })),
  );

  const ends = await Promise.all(ids.map((id) => sample.ended(id)));

  expect(ends.map(({ status, error }) => error ?? status)).toEqual(ids.map(() => 'SUCCEEDED'));
  const { processes, residentBytes } = sample.stack.lambdas.stats();
  expect(processes).toBeLessThanOrEqual(2 * sample.stack.assembly.byType('AWS::Lambda::Function').length);
  process.stdout.write(
    `30 solves in ${(Date.now() - began) / 1e3} s, ${processes} processes, ${residentBytes >> 20} MB\n`,
  );
});

it('4: fails by a heartbeat of 3 s that is lost, lives by beats, takes a success before the call has returned', async () => {
  const token = (runner: string, heartbeat: number) => sample.solve({ kind: 'token', runner, heartbeat });
  const [silent, beating, quick] = await Promise.all([token('silent', 3), token('beating', 4), token('quick', 20)]);
  const taskToken = await sample.token(beating);
  const since = Date.now();
  await eventually('beats have outlived the heartbeat', async () => {
    await sample.sfn.send(new SendTaskHeartbeatCommand({ taskToken }));
    return Date.now() - since > 5_000;
  });
  await sample.sfn.send(new SendTaskSuccessCommand({ taskToken, output: '{"by":"test"}' }));

  const lost = await sample.ended(silent);

  expect(lost).toMatchObject({ status: 'FAILED', error: 'Sample.States.Timeout' });
  const lostAfter = ((lost.stopDate?.getTime() ?? 0) - (lost.startDate?.getTime() ?? 0)) / 1_000;
  expect(lostAfter).toBeGreaterThanOrEqual(3);
  expect(lostAfter).toBeLessThan(4);
  expect(await sample.ended(beating)).toMatchObject({ status: 'SUCCEEDED', output: '{"by":"test"}' });
  expect(await sample.ended(quick)).toMatchObject({ status: 'SUCCEEDED', output: '{"by":"quick"}' });
  process.stdout.write(`a heartbeat of 3 s was lost after ${lostAfter.toFixed(2)} s\n`);
});

it('10: listens on loopback alone', () => {
  const ours = listeners(process.pid);

  const ports = Object.values(JSON.parse(readFileSync(`${sample.stateDir}/ports.json`, 'utf8')) as object);
  expect(ours.map(({ port }) => port)).toEqual(expect.arrayContaining(ports));
  expect(ours.filter(({ address }) => !address.startsWith('127.'))).toEqual([]);
});

it('9: is denied nothing by its own policies', () => {
  expect(sample.stack.iam.report().denials).toEqual([]);
});

it('bills exactly what one request did', async () => {
  const since = Date.now();
  const id = await sample.solve({ kind: 'retry' });
  await sample.ended(id);
  await eventually('its message is deleted', () => counted(since, 'sqs:DeleteMessageBatch') === 1);

  const { lines, totalUsd, unpriced } = sample.stack.ledger.bill({ since });

  // A start and Which, three times Work, Store; of functions also the one that asks and the one that starts.
  expect({
    requests: counted(since, 'apigateway:Request'),
    sent: counted(since, 'sqs:SendMessage'),
    transitions: counted(since, 'states:StateTransition'),
    invocations: counted(since, 'lambda:Request'),
    rows: counted(since, 'dynamodb:PutItem'),
    objects: counted(since, 's3:Put'),
  }).toEqual({ requests: 1, sent: 1, transitions: 6, invocations: 6, rows: 1, objects: 1 });
  expect(unpriced).toEqual([]);
  expect(totalUsd).toBeCloseTo(
    lines.reduce((sum, { units, usdPerUnit }) => sum + units * usdPerUnit, 0),
    12,
  );
});

it('11: ends each execution once when it is stopped in a token wait and with messages in the queue', async () => {
  const waiting = await sample.solve({ kind: 'token', runner: 'none' });
  const taskToken = await sample.token(waiting);
  const queued = await Promise.all(Array.from({ length: 6 }, () => sample.solve({ kind: 'solve' })));

  await sample.restart();
  await sample.sfn.send(new SendTaskSuccessCommand({ taskToken, output: '{"over":"a restart"}' }));

  expect(await sample.ended(waiting)).toMatchObject({ status: 'SUCCEEDED', output: '{"over":"a restart"}' });
  for (const id of queued) {
    expect((await sample.ended(id)).status).toBe('SUCCEEDED');
    expect((await sample.history(id)).filter((type) => type === 'ExecutionStarted')).toHaveLength(1);
    expect(await sample.row(`result#${id}`)).toBeDefined();
  }
});

describe('12: what is not known', () => {
  it('keeps the stack from starting, by the name of a resource type or of a field of a state', async () => {
    const stream: Alteration = ({ Resources }) => {
      Resources.Stream = { Type: 'AWS::Kinesis::Stream', Properties: {} };
    };
    const field: Alteration = ({ Resources }) => {
      const machine = Object.values(Resources).find(({ Type }) => Type === 'AWS::StepFunctions::StateMachine');
      if (machine === undefined) throw new Error('no machine');
      const text = String(machine.Properties.DefinitionString);
      machine.Properties.DefinitionString = text.replace('"Type":"Choice"', '"Type":"Choice","ResultPath":"$"');
    };

    await expect(startSample({ alter: [stream] })).rejects.toThrow(/AWS::Kinesis::Stream \(Stream\)/);
    await expect(startSample({ alter: [field] })).rejects.toThrow(/Which.*ResultPath/);
  });

  it('is refused as a call, by the name of the operation', async () => {
    await expect(sample.sfn.send(new ListActivitiesCommand())).rejects.toThrow(/ListActivities/);
    await expect(sample.sqs.send(new ListQueueTagsCommand({ QueueUrl: sample.outputs.DeadUrl }))).rejects.toThrow(
      /ListQueueTags/,
    );
  });
});

function counted(since: number, item: string): number {
  const entries = sample.stack.ledger.since(since).filter((entry) => entry.item === item);
  return entries.reduce((sum, { units }) => sum + units, 0);
}

interface Urls {
  get: string;
  once: string;
  form: { url: string; fields: Record<string, string> };
}

async function post({ url, fields }: Urls['form'], text: string): Promise<number> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append('file', new Blob([text]));
  return (await fetch(url, { method: 'POST', body: form })).status;
}
