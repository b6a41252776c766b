import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LostRace } from '#core/errors';
import { documents } from '#functions/aws/documents';
import { dynamoAttemptStore } from '#functions/aws/dynamo-attempt-store';
import { dynamoEventLog } from '#functions/aws/dynamo-event-log';
import { dynamoJobStore } from '#functions/aws/dynamo-job-store';
import { dynamoMeter } from '#functions/aws/dynamo-meter';
import { dynamoPermits } from '#functions/aws/dynamo-permits';
import { dynamoTable } from '#functions/aws/dynamo-table';
import { aJob, aNewEvent, anAttempt, tenant } from '#test/support/builders';
import { fakeClock } from '#test/support/fakes/fake-clock';
import { type LocalAws, startLocalAws } from '#test/support/local-aws';

let aws: LocalAws;
beforeAll(async () => {
  aws = await startLocalAws();
});
afterAll(() => aws.stop());

/** Tables whose next writes take effect while their answers are lost: the SDK then sends each of them again. */
async function forgetful() {
  const { endpoint, region, credentials } = aws.dynamo.config;
  const client = new DynamoDBClient({ ...(endpoint && { endpoint }), region, credentials });
  let losing = 0;
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const answer = await next(args);
      const isWrite = ['UpdateItemCommand', 'PutItemCommand'].includes(String(context.commandName));
      if (!isWrite || losing === 0) return answer;
      losing -= 1;
      throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError', code: 'ECONNRESET' });
    },
    { step: 'finalizeRequest', priority: 'low', name: 'loseAnswers' },
  );
  const table = dynamoTable(documents(client), (await aws.createTables()).core);
  const lose = (answers: number) => {
    losing = answers;
  };
  return { table, clock: fakeClock(), lose, lost: () => losing === 0 };
}

describe('a write whose answer was lost', () => {
  it('is known as one’s own: the status was written once, and the writer is told so', async () => {
    const { table, clock, lose, lost } = await forgetful();
    const jobs = dynamoJobStore({ table, clock });
    await jobs.create(aJob());
    lose(1);

    const running = await jobs.transition(aJob(), 'running', {});

    expect(lost()).toBe(true);
    expect(running).toMatchObject({ status: 'running', v: 2 });
    expect(running.transitions).toHaveLength(2);
    await expect(jobs.transition(aJob(), 'running', {})).rejects.toThrow(LostRace);
  });

  it('is known as one’s own on an attempt', async () => {
    const { table, clock, lose } = await forgetful();
    const attempts = dynamoAttemptStore({ table, clock });
    await attempts.createMissing([anAttempt()]);
    lose(1);

    expect((await attempts.transition(anAttempt(), 'running', {})).v).toBe(2);
  });

  it('puts an event into the log once', async () => {
    const { table, clock, lose } = await forgetful();
    const log = dynamoEventLog({ table, clock });
    lose(2);

    await log.append(tenant, 'j1', [aNewEvent({ src_seq: 1 }), aNewEvent({ src_seq: 2 })]);

    expect((await log.read(tenant, 'j1', 0, 10)).map(({ seq, src_seq }) => [seq, src_seq])).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });

  it('takes a permit once, and opens a call once', async () => {
    const { table, clock, lose } = await forgetful();
    const permits = dynamoPermits({ table });
    const meter = dynamoMeter({ table });
    await dynamoAttemptStore({ table, clock }).createMissing([anAttempt()]);
    await permits.acquire('install', 2, ['a'], clock.at(60));
    lose(1);
    expect(await permits.acquire('install', 2, ['b'], clock.at(60))).toBe(true);
    lose(1);
    const key = { tenant, job_id: anAttempt().job_id, attempt: 1 };
    const call = { id: 'c1', at: clock.at(), max_micro_usd: 10 };

    expect(await meter.open(key, call, { micro_usd: 10, calls: 1, staleBefore: clock.at(-60) })).toBe('ok');

    expect(Object.keys(await permits.leases('install'))).toEqual(['a', 'b']);
    const settled = await meter.settle(key, 'c1', { micro_usd: 4, input: 1, output: 1, cached: 0, counted: true });
    expect(settled).toEqual({ calls: 1, cost_usd: 0.000004 });
  });
});
