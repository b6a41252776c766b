import '../../support/quiet-logs.ts';

import type { SQSEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { Cancelled, LostRace, PatchbayError, ProviderBusy, SandboxLost } from '#core/errors';
import { environment } from '#functions/runtime/environment';
import { eventEntry } from '#functions/runtime/event-entry';
import { queueEntry } from '#functions/runtime/queue-entry';
import { scheduleEntry } from '#functions/runtime/schedule-entry';
import { stepEntry } from '#functions/runtime/step-entry';
import { aContext } from '../../support/an-api.ts';

const world = () => ({});
const input = z.object({ job_id: z.string() });

describe('a step', () => {
  const step = (run: (world: object, input: { job_id: string }) => Promise<{ ok: string }>) =>
    stepEntry({ name: 'sample', input, output: z.object({ ok: z.string() }), run }, world);

  it('gets its input by schema and returns no more than its schema has', async () => {
    const handler = step(async (_, { job_id }) => ({ ok: job_id, more: 'stripped' }));

    expect(await handler({ job_id: 'j', else: 1 }, aContext())).toEqual({ ok: 'j' });
  });

  it.each([new LostRace('m'), new Cancelled('m'), new ProviderBusy('m'), new SandboxLost('m')])(
    'lets $name through as it is: the machine matches on its name',
    async (error) => {
      const handler = step(() => Promise.reject(error));

      await expect(handler({ job_id: 'j' }, aContext())).rejects.toBe(error);
    },
  );

  it('refuses an input or a result that its schemas do not have', async () => {
    await expect(step(async () => ({ ok: 'x' }))({}, aContext())).rejects.toThrow(/input of step sample.*job_id/);
    await expect(step(async () => ({}) as { ok: string })({ job_id: 'j' }, aContext())).rejects.toThrow(
      'returned what it may not',
    );
  });

  it('refuses a result over 8 KB: the workflow would die of it', async () => {
    await expect(step(async () => ({ ok: 'x'.repeat(9_000) }))({ job_id: 'j' }, aContext())).rejects.toThrow(
      'over 8192',
    );
  });
});

describe('a queue’s reader', () => {
  const record = (messageId: string, body: string) => ({
    messageId,
    body,
    attributes: { ApproximateReceiveCount: '1' },
  });
  const batch = (...records: object[]) => ({ Records: records }) as unknown as SQSEvent;

  it('fails each message for itself, those that cannot be read too', async () => {
    const done: string[] = [];
    const run = async (_: object, { job_id }: { job_id: string }) => {
      if (job_id === 'bad') throw new Error('bad');
      done.push(job_id);
    };
    const handler = queueEntry({ name: 'jobs', message: input, run }, world);

    const answer = await handler(
      batch(
        record('1', '{"job_id":"a"}'),
        record('2', '{"job_id":"bad"}'),
        record('3', '{'),
        record('4', '{"job_id":"b"}'),
      ),
      aContext(),
    );

    expect(answer.batchItemFailures).toEqual([{ itemIdentifier: '2' }, { itemIdentifier: '3' }]);
    expect(done).toEqual(['a', 'b']);
  });

  it('leaves the whole batch when there is no world', async () => {
    const handler = queueEntry({ name: 'jobs', message: input, run: async () => {} }, () => {
      throw new Error('no world');
    });

    await expect(handler(batch(record('1', '{"job_id":"a"}')), aContext())).rejects.toThrow('no world');
  });
});

describe('rules and schedules', () => {
  it('a rule gets its detail by schema', async () => {
    const seen: string[] = [];
    const handler = eventEntry(
      { name: 'ended', detail: input, run: async (_, { job_id }) => void seen.push(job_id) },
      world,
    );

    await handler({ detail: { job_id: 'j', status: 'FAILED' } } as Parameters<typeof handler>[0], aContext());
    await expect(handler({ detail: {} } as Parameters<typeof handler>[0], aContext())).rejects.toThrow(PatchbayError);

    expect(seen).toEqual(['j']);
  });

  it('a schedule knows how much time it has', async () => {
    const left: number[] = [];
    const run = async (_: object, remainingMs: () => number) => void left.push(remainingMs());
    const handler = scheduleEntry({ name: 'sweep', run }, world);

    await handler({}, aContext(1_234));

    expect(left).toEqual([1_234]);
  });
});

describe('a world', () => {
  it('is made once, at the first event, and again after a failure', async () => {
    let made = 0;
    const handler = scheduleEntry({ name: 'x', run: async () => {} }, () => {
      made += 1;
      if (made === 1) throw new Error('secret not there yet');
      return {};
    });

    expect(made).toBe(0);
    await expect(handler({}, aContext())).rejects.toThrow('secret not there yet');
    await handler({}, aContext());
    await handler({}, aContext());

    expect(made).toBe(2);
  });
});

describe('an environment', () => {
  it('is parsed by the schema of its function', () => {
    const env = environment('socketAuthorizer', {
      SERVICE_NAME: 's',
      INSTALL_ID: 'i',
      TIME_SCALE: '60',
      CORE_TABLE: 't',
      MORE: 'x',
    });

    expect(env).toEqual({ SERVICE_NAME: 's', INSTALL_ID: 'i', TIME_SCALE: 60, CORE_TABLE: 't' });
  });

  it('names every variable that is missing or wrong', () => {
    expect(() => environment('socketAuthorizer', { SERVICE_NAME: 's', TIME_SCALE: 'slow' })).toThrow(
      /socketAuthorizer.*INSTALL_ID.*TIME_SCALE.*CORE_TABLE/,
    );
  });
});
