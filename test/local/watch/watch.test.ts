import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LedgerEntry } from '#local/parts';
import { samplesOf } from '#local/watch/emf';
import { createLedger } from '#local/watch/ledger';
import { createLogs } from '#local/watch/logs';
import { PRICES, priceOf } from '#local/watch/prices';

let stateDir: string;
beforeEach(() => {
  stateDir = mkdtempSync(path.join(tmpdir(), 'patchbay-watch-'));
});
afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

describe('the ledger', () => {
  function filled() {
    let time = 1_000;
    const ledger = createLedger({ stateDir, now: () => time });
    ledger.count({ item: 'dynamodb:PutItem', units: 2, by: 'api' });
    ledger.count({ item: 'dynamodb:UpdateItem', units: 3, by: 'callbacks' });
    time = 2_000;
    ledger.count({ item: 'states:StateTransition', units: 10, by: 'solve' });
    ledger.count({ item: 'dynamodb:GetItem', units: 0.5, by: 'api' });
    return ledger;
  }

  it('bills what was counted, the dearest first, with its price and source', () => {
    const ledger = filled();

    const bill = ledger.bill();
    ledger.close();

    expect(bill.lines.map(({ label, units, unit }) => `${label}: ${units} ${unit}`)).toEqual([
      'Step Functions: 10 state transition',
      'DynamoDB, writes: 5 WRU',
      'DynamoDB, reads: 0.5 RRU',
    ]);
    expect(bill.lines[0]).toMatchObject({
      usdPerUnit: 0.000025,
      source: 'https://aws.amazon.com/step-functions/pricing/',
    });
    expect(bill.totalUsd).toBeCloseTo(10 * 25e-6 + 5 * 0.625e-6 + 0.5 * 0.125e-6, 12);
    expect(bill.callers.map(({ by }) => by)).toEqual(['solve', 'callbacks', 'api']);
    expect(bill.unpriced).toEqual([]);
  });

  it('bills a span of time, or some callers', () => {
    const ledger = filled();

    const labels = (filter: Parameters<typeof ledger.bill>[0]) => ledger.bill(filter).lines.map(({ label }) => label);

    expect(labels({ since: 1_500 })).toEqual(['Step Functions', 'DynamoDB, reads']);
    expect(labels({ until: 2_000 })).toEqual(['DynamoDB, writes']);
    expect(labels({ by: ['api'] })).toEqual(['DynamoDB, writes', 'DynamoDB, reads']);
    ledger.close();
  });

  it('adds up to its own entries, and outlives the stack', () => {
    filled().close();
    const ledger = createLedger({ stateDir });

    const entries: LedgerEntry[] = ledger.since(0);
    const bill = ledger.bill();
    ledger.close();

    expect(entries).toHaveLength(4);
    expect(entries[0]).toEqual({ item: 'dynamodb:PutItem', units: 2, by: 'api', at: 1_000 });
    expect(bill.totalUsd).toBeCloseTo(
      entries.reduce((sum, { item, units }) => sum + units * (priceOf(item)?.usdPerUnit ?? Number.NaN), 0),
      12,
    );
  });

  it('says what has no price', () => {
    const ledger = createLedger({ stateDir });
    ledger.count({ item: 'sns:Publish', units: 1, by: 'api' });

    expect(ledger.bill()).toMatchObject({ lines: [], unpriced: ['sns:Publish'] });
    ledger.close();
  });
});

describe('the price list', () => {
  it('has each price once, with a page of AWS', () => {
    const items = PRICES.flatMap((price) => price.items);

    expect(new Set(items).size).toBe(items.length);
    for (const { source } of PRICES) expect(source).toMatch(/^https:\/\/(docs\.)?aws\.amazon\.com\//);
  });
});

const emf = (values: object, more: object = {}) =>
  JSON.stringify({
    _aws: {
      Timestamp: 60_000,
      CloudWatchMetrics: [
        { Namespace: 'Patchbay', Dimensions: [['env']], Metrics: [{ Name: 'QueueWait', Unit: 'Seconds' }] },
      ],
      ...more,
    },
    env: 'local',
    ...values,
  });

describe('the embedded metric format', () => {
  it('is read with and without the prefix of the runtime', () => {
    const sample = {
      namespace: 'Patchbay',
      name: 'QueueWait',
      dimensions: { env: 'local' },
      unit: 'Seconds',
      value: 3,
      at: 60_000,
    };

    expect(samplesOf(emf({ QueueWait: 3 }))).toEqual([sample]);
    expect(samplesOf(`2026-11-23T12:00:00.000Z\tf3a1\tINFO\t${emf({ QueueWait: [3, 4] })}`)).toEqual([
      sample,
      { ...sample, value: 4 },
    ]);
  });

  it.each(['plain', '{"level":"INFO","message":"the \\"_aws\\" key"}', '{"_aws": {broken', '{"_aws": 1}'])(
    'is nothing else: %s',
    (line) => {
      expect(samplesOf(line)).toEqual([]);
    },
  );
});

describe('logs', () => {
  it('have a file for each function, a price, and metrics that can be asked for', () => {
    const counted: Omit<LedgerEntry, 'at'>[] = [];
    const logs = createLogs({ stateDir, count: (entry) => counted.push(entry) });
    const now = Date.now();

    logs.write('api', 'START RequestId: 1');
    for (const [seconds, value] of [
      [0, 1],
      [10, 5],
      [70, 3],
    ] as const) {
      logs.write('api', emf({ QueueWait: value }, { Timestamp: Math.floor(now / 60_000) * 60_000 + seconds * 1_000 }));
    }
    const ask = (
      statistic: 'Sum' | 'Average' | 'Maximum' | 'Minimum' | 'SampleCount' | 'p50',
      periodSeconds?: number,
    ) =>
      logs.metrics
        .query({ name: 'QueueWait', dimensions: { env: 'local' }, statistic, ...(periodSeconds && { periodSeconds }) })
        .map(({ value }) => value);

    expect(readFileSync(logs.fileOf('api'), 'utf8').split('\n')[0]).toBe('START RequestId: 1');
    expect(counted[0]).toEqual({ item: 'logs:Byte', units: 19, by: 'api' });
    expect(ask('Sum', 60)).toEqual([6, 3]);
    expect([ask('Average'), ask('Maximum'), ask('Minimum'), ask('SampleCount'), ask('p50')]).toEqual([
      [3],
      [5],
      [1],
      [3],
      [3],
    ]);
    expect(logs.metrics.query({ name: 'QueueWait', dimensions: {}, statistic: 'Sum' })).toEqual([]);
    expect(logs.metrics.list()).toEqual([
      { namespace: 'Patchbay', name: 'QueueWait', dimensions: { env: 'local' }, unit: 'Seconds' },
    ]);
    logs.close();
  });

  it('start a new file when one is full', () => {
    const logs = createLogs({ stateDir, count: () => {} });

    for (let i = 0; i < 3; i += 1) logs.write('api', 'x'.repeat(9 * 1024 * 1024));
    logs.close();

    expect(readFileSync(logs.fileOf('api')).length).toBe(9 * 1024 * 1024 + 1);
    expect(readFileSync(`${logs.fileOf('api')}.1`).length).toBe(2 * (9 * 1024 * 1024 + 1));
  });
});
