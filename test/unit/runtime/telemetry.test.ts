import type { SQSEvent } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { PatchbayError } from '#core/errors';
import { metrics as table } from '#core/telemetry';
import { errorReply } from '#functions/runtime/http-reply';
import { queueEntry } from '#functions/runtime/queue-entry';
import { metrics, note } from '#functions/runtime/telemetry';
import { aContext } from '../../support/an-api.ts';

/** Before the imports: Powertools reads all of these when it is loaded; in its development mode it writes to the console. */
vi.hoisted(() => {
  const settings = { SERVICE_NAME: 'Sample', INSTALL_ID: 'install-1', POWERTOOLS_DEV: 'true' };
  Object.assign(process.env, settings, { POWERTOOLS_LOG_LEVEL: 'INFO', POWERTOOLS_METRICS_DISABLED: 'false' });
});

let lines: string[];
beforeEach(() => {
  lines = [];
  for (const method of ['log', 'info', 'warn', 'error'] as const)
    vi.spyOn(console, method).mockImplementation((line) => void lines.push(String(line)));
});
afterEach(() => vi.restoreAllMocks());

const sent = () => lines.map((line) => JSON.parse(line)).filter((line) => '_aws' in line);
const logged = () => lines.map((line) => JSON.parse(line)).filter((line) => 'level' in line);

describe('a note', () => {
  it('is a log line, and its metrics are samples with the unit of the table', () => {
    note('swept', { level: 'warning', job_id: 'j1', metrics: { SweepMs: 12, JobWaitSeconds: 3 } });
    metrics.publishStoredMetrics();

    expect(logged()).toMatchObject([{ level: 'WARN', message: 'swept', job_id: 'j1', service: 'Sample' }]);
    expect(sent()).toMatchObject([{ service: 'patchbay', env: 'install-1', SweepMs: 12, JobWaitSeconds: 3 }]);
    const [{ Namespace, Dimensions, Metrics }] = sent()[0]._aws.CloudWatchMetrics;
    expect([Namespace, Dimensions]).toEqual(['Patchbay', [['service', 'env']]]);
    expect(Metrics).toEqual([
      { Name: 'SweepMs', Unit: table.SweepMs.unit },
      { Name: 'JobWaitSeconds', Unit: table.JobWaitSeconds.unit },
    ]);
  });
});

describe('a failure that a function answers itself', () => {
  it('is a fault of that function, written at once', () => {
    errorReply(new Error('broken'), 'r1');
    errorReply(new PatchbayError('unavailable', 'down'), 'r2');
    errorReply(new PatchbayError('not_found', 'no such job'), 'r3');

    expect(sent().map(({ service, env, Faults }) => [service, env, Faults])).toEqual([
      ['Sample', 'install-1', 1],
      ['Sample', 'install-1', 1],
    ]);
  });

  it('so is each message that a queue’s reader gives back', async () => {
    const run = () => Promise.reject(new Error('bad'));
    const handler = queueEntry({ name: 'jobs', message: z.object({}), run }, () => ({}));
    const record = { messageId: '1', body: '{}', attributes: { ApproximateReceiveCount: '1' } };

    await handler({ Records: [record, record] } as unknown as SQSEvent, aContext());

    expect(sent().map(({ Faults }) => Faults)).toEqual([1, 1]);
  });
});
