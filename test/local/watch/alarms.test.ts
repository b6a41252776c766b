import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App } from 'aws-cdk-lib';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type MetricName, metricNamespace, metricService } from '#core/telemetry';
import { readConfig } from '#lib/config';
import { PatchbayStack } from '#lib/patchbay-stack';
import type { Assembly, BusEvent } from '#local/parts';
import { outlineAssembly, readAssembly } from '#local/template/assembly';
import { evaluateAlarms } from '#local/watch/alarms';
import { createMetrics, type Metrics } from '#local/watch/metrics';
import { isMeasuredHere, serviceMetrics } from '#local/watch/service-metrics';
import { someAddresses, temporaryFolder } from '#test/local/template/synth';
import { anAssembly } from '#test/support/an-assembly';
import { fakeLambdas } from '#test/support/fake-lambdas';

const minute = 60_000;
/** A whole minute far from the epoch; tests stand a moment after it. */
const now = Date.parse('2026-01-05T12:00:00.000Z');

let stateDir: string;
let metrics: Metrics;
beforeEach(() => {
  stateDir = mkdtempSync(path.join(tmpdir(), 'patchbay-alarms-'));
  metrics = createMetrics({ stateDir, now: () => now });
});
afterEach(() => {
  metrics.close();
  rmSync(stateDir, { recursive: true, force: true });
});

/** Each value in its own minute, the last one in the minute that has just ended; undefined leaves a gap. */
function send(name: string, values: Array<number | undefined>, more: object = {}, step = minute): void {
  const dimensions = { service: metricService, env: 'test' };
  values.forEach((value, k) => {
    const at = now - (values.length - k) * step + step / 2;
    if (value !== undefined)
      metrics.add([{ namespace: metricNamespace, name, dimensions, unit: 'Count', value, at, ...more }]);
  });
}

const evaluated = (assembly: Assembly, timeScale = 1, since = 0) =>
  evaluateAlarms({ assembly, metrics, isMeasured: isMeasuredHere, now: () => now, timeScale, since });

describe('one alarm', () => {
  const properties = {
    AlarmName: 'lag',
    Namespace: metricNamespace,
    MetricName: 'Lag',
    Dimensions: [
      { Name: 'env', Value: 'test' },
      { Name: 'service', Value: metricService },
    ],
    Statistic: 'Maximum',
    Period: 60,
    EvaluationPeriods: 3,
    Threshold: 100,
    ComparisonOperator: 'GreaterThanThreshold',
    TreatMissingData: 'notBreaching',
  };
  const state = (overrides: object = {}, timeScale = 1) =>
    evaluated(
      anAssembly({ A: { type: 'AWS::CloudWatch::Alarm', properties: { ...properties, ...overrides } } }),
      timeScale,
    )[0];

  it.each([
    ['three periods in a row', [101, 150, 101], 'ALARM'],
    ['two only', [100, 150, 101], 'OK'],
    ['the newest is well again', [150, 150, 150, 1], 'OK'],
    ['nothing was sent', [], 'OK'],
    ['a gap, but enough older points', [150, 150, undefined, 150], 'ALARM'],
    ['a gap, and no older points', [150, undefined, 150], 'OK'],
  ])('above its limit: %s', (_, values, expected) => {
    send('Lag', values);

    expect(state()?.state).toBe(expected);
  });

  it.each([
    ['breaching', [], 'ALARM'],
    ['breaching', [1, 1, 1, undefined, undefined], 'OK'],
    ['breaching', [1, 1, 1, undefined, undefined, undefined, undefined, undefined], 'ALARM'],
    ['missing', [], 'INSUFFICIENT_DATA'],
    ['missing', [undefined, 150, undefined], 'OK'],
  ])('where silence is %s: %j is %s', (TreatMissingData, values, expected) => {
    send('Lag', values);

    expect(state({ TreatMissingData })?.state).toBe(expected);
  });

  it('may want only some of its periods to breach', () => {
    send('Lag', [150, 1, 150]);

    expect(state({ DatapointsToAlarm: 2 })?.state).toBe('ALARM');
  });

  it('looks at windows that slide, and divides its periods by the time scale', () => {
    send('Lag', [150, 150, 150, 150, 150, 150], {}, minute / 5);

    expect(state()?.state).toBe('OK');
    expect(state({}, 5)?.state).toBe('ALARM');
  });

  it('tells metrics of other dimensions apart', () => {
    send('Lag', [150, 150, 150], { dimensions: { service: metricService, env: 'other' } });

    expect(state()?.state).toBe('OK');
  });

  it.each([
    [{ EvaluateLowSampleCountPercentile: 'ignore' }, 'unknown properties EvaluateLowSampleCountPercentile'],
    [{ TreatMissingData: 'ignore' }, 'unknown treatment of missing data: ignore'],
    [{ Statistic: 'IQM' }, 'unknown statistic IQM'],
    [{ ComparisonOperator: 'LessThanLowerThreshold' }, 'unknown comparison LessThanLowerThreshold'],
    [{ Namespace: 'AWS/SQS', MetricName: 'ApproximateAgeOfOldestMessage' }, 'nothing here measures AWS/SQS'],
  ])('says what it cannot evaluate: %j', (overrides, reason) => {
    expect(state(overrides)).toMatchObject({ state: 'NOT_EVALUATED', reason: expect.stringContaining(reason) });
  });
});

describe('the application’s alarms', () => {
  let assembly: Assembly;
  let folder: ReturnType<typeof temporaryFolder>;
  beforeAll(() => {
    folder = temporaryFolder();
    const app = new App({ outdir: folder.path, context: { bundle: 'false' }, analyticsReporting: false });
    new PatchbayStack(app, 'test', { config: readConfig({}) });
    app.synth();
    const parameters = { OidcIssuer: 'http://127.0.0.1:1', OidcAudience: 'a' };
    assembly = readAssembly({
      cdkOut: folder.path,
      addresses: someAddresses({ functionUrls: urls(folder.path) }),
      parameters,
    });
    return () => folder[Symbol.dispose]();
  });

  const raised = () =>
    evaluated(assembly)
      .filter(({ state }) => state === 'ALARM')
      .map(({ name }) => name.replace(/^test-/, ''));
  const measured = (name: MetricName, values: Array<number | undefined>) => send(name, values);
  const alive = () => measured('SweepMs', [100, 100, 100, 100, 100, 100, 100]);

  it('are quiet on a healthy installation, and say which of them only AWS can tell', () => {
    alive();
    measured('JobBudgetPercent', [40, 100]);
    measured('AttemptFault', [0, 1, 0, 1, 1]);
    measured('HeartbeatLost', [0, 0, 1]);

    expect(raised()).toEqual([]);
    const untold = evaluated(assembly).filter(({ state }) => state === 'NOT_EVALUATED');
    expect(untold.map(({ name, reason }) => `${name}: ${reason}`)).toEqual([
      'test-QueueAge: nothing here measures AWS/SQS ApproximateAgeOfOldestMessage',
      'test-Throttles: nothing here measures AWS/Lambda Throttles',
    ]);
  });

  it('miss the sweeper when it falls silent', () => {
    expect(raised()).toEqual(['SweeperHeartbeat']);
  });

  it('do not miss what had no time to speak yet', () => {
    const heartbeat = (since: number) =>
      evaluated(assembly, 1, since).find(({ name }) => name === 'test-SweeperHeartbeat')?.state;

    expect([heartbeat(now - 4 * minute), heartbeat(now - 5 * minute)]).toEqual(['INSUFFICIENT_DATA', 'ALARM']);
  });

  it.each<[alarm: string, metric: MetricName, values: number[], notYet: number[]]>([
    ['OldestNonTerminalAge', 'OldestOverdueSeconds', [301, 361, 421], [301, 361]],
    ['OutboxLag', 'OutboxLagSeconds', [121, 181, 241], [121, 181]],
    ['ConsecutiveFailures', 'AttemptFault', [1, 1, 1, 1, 1], [1, 1, 0, 1, 1, 1]],
    ['SandboxCreateErrors', 'SandboxCreateError', [0, 1, 0, 0, 1, 0, 0, 0, 0, 0], [1, 1, 1]],
    ['SandboxCreateRefused', 'SandboxCreateRefused', [1], []],
    ['ModelRefused', 'ModelRefused', [1], []],
    ['OrphansReaped', 'OrphansKilled', [0, 2, 0], [0, 0]],
    ['OrphansByLifetime', 'LeasesExpired', [1, 0], [0]],
    ['PermitDrift', 'PermitDrift', Array(10).fill(1), [...Array(9).fill(1), 0, ...Array(9).fill(1)]],
    ['SandboxProvider429', 'SandboxBusy', [0, 0, 0, 0, 1, 0, 0, 0, 0, 0], [0, 0, 0, 1]],
    ['Model429', 'ModelRateLimited', Array.from({ length: 15 }, (_, k) => Number(k < 2)), []],
    ['HeartbeatLost', 'HeartbeatLost', [1, 0, 0, 1], [1, 0, 0]],
    ['CostPerJob', 'JobBudgetPercent', [101], [100]],
    ['DailySpend', 'JobCostUsd', [60, 41], [60, 39]],
  ])('raise %s when they should, and not before', (alarm, metric, values, notYet) => {
    alive();
    measured(metric, notYet);
    expect(raised()).toEqual([]);
    metrics.close();
    rmSync(stateDir, { recursive: true });
    metrics = createMetrics({ stateDir, now: () => now });

    alive();
    // Model calls come in faster than one a minute.
    for (let round = 0; round < (alarm === 'Model429' ? 2 : 1); round += 1) measured(metric, values);

    expect(raised()).toEqual([alarm]);
  });

  it('raise a function’s own alarm: by what Lambda sees, and by what the function answers itself', async () => {
    alive();
    const named = (prefix: string) =>
      assembly.byType('AWS::Lambda::Function').find(({ logicalId }) => logicalId.startsWith(prefix));
    const judge = named('FunctionsJudgeFunction');
    const failing = fakeLambdas(() => {
      throw new Error('broken');
    });
    const lambdas = serviceMetrics(assembly, metrics, () => now - minute).measuring(failing);
    const api = serviceMetrics(assembly, metrics, () => now - minute).measuring(
      fakeLambdas(() => ({ statusCode: 500 })),
    );

    for (let call = 0; call < 2; call += 1) await lambdas.invoke(judge?.arn ?? '', '{}');
    expect(raised()).toEqual([]);
    await lambdas.invoke(judge?.arn ?? '', '{}');
    for (let call = 0; call < 3; call += 1) await api.invoke(named('FunctionsApiFunction')?.arn ?? '', '{}');
    send('Faults', [1, 1, 1], { dimensions: { service: 'Api', env: 'test' } });

    expect(raised()).toEqual(['ApiErrors', 'JudgeErrors']);
  });

  it('raise ExecutionsTimedOut and DeadLetters from what the laptop’s services say', async () => {
    alive();
    const services = serviceMetrics(assembly, metrics, () => now - minute / 2);
    const seen: BusEvent[] = [];
    const [machine] = assembly.byType('AWS::StepFunctions::StateMachine');
    const detail = { stateMachineArn: machine?.arn ?? '', status: 'TIMED_OUT' };
    const event = { source: 'aws.states', 'detail-type': 'x', resources: [], detail, time: '' };

    services.seeing((one) => seen.push(one))(event);
    await services.sampleQueues(async (arn) => (arn.includes('DeadLetters') ? 1 : 0));

    expect(seen).toEqual([event]);
    expect(raised()).toEqual(['DeadLetters', 'ExecutionsTimedOut']);
  });

  it('carry what is lost and where to read on', () => {
    const [first] = evaluated(assembly);

    expect(first?.description).toMatch(/^page: .+ docs\/runbook\.md#oldestnonterminalage$/);
  });
});

/** An address for each function URL of the template. */
function urls(cdkOut: string): Record<string, string> {
  return Object.fromEntries(outlineAssembly(cdkOut).functionUrlIds.map((id) => [id, 'http://127.0.0.1:9']));
}
