import { globSync, readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { type MetricName, metricNamespace, metricService, metrics } from '#core/telemetry';
import { readConfig } from '#lib/config';
import { serviceFunctions } from '#lib/functions';
import { PatchbayStack } from '#lib/patchbay-stack';
import { alarmDefinition } from '#local/watch/alarm-definition';

// biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any shape
type Loose = Record<string, any>;

const runbook = readFileSync('docs/runbook.md', 'utf8');

function resourcesOf(context: object): Array<[string, Loose]> {
  const app = new App({ context: { bundle: 'false' } });
  const stack = new PatchbayStack(app, 'Test', { config: readConfig(context) });
  return Object.entries(Template.fromStack(stack).toJSON().Resources as Record<string, Loose>);
}

let resources: Array<[string, Loose]>;
let alarms: Array<{ name: string; properties: Loose; series: Loose[] }>;
const ofType = (type: string, among = resources) => among.filter(([, { Type }]) => Type === type);

beforeAll(() => {
  resources = resourcesOf({});
  alarms = ofType('AWS::CloudWatch::Alarm').map(([, { Properties: properties }]) => ({
    name: properties.AlarmName['Fn::Join'][1][1],
    properties,
    series: properties.Metrics?.flatMap((query: Loose) => query.MetricStat?.Metric ?? []) ?? [properties],
  }));
});

describe('alarms', () => {
  it('are those of the design, and one for each function with what is lost without it', () => {
    const names = alarms.map(({ name }) => name);
    const functions = Object.entries(serviceFunctions);

    expect(names).toEqual([
      ...['OldestNonTerminalAge', 'OutboxLag', 'QueueAge', 'DeadLetters', 'ConsecutiveFailures', 'SandboxCreateErrors'],
      ...[
        'SandboxCreateRefused',
        'ModelRefused',
        'OrphansReaped',
        'OrphansByLifetime',
        'PermitDrift',
        'SandboxProvider429',
        'Model429',
      ],
      ...['HeartbeatLost', 'CostPerJob', 'DailySpend', 'SweeperHeartbeat', 'ExecutionsTimedOut', 'Throttles'],
      ...functions.map(([name]) => `${name}Errors`),
    ]);
    for (const [name, { errorImpact }] of functions) {
      const alarm = alarms.find((one) => one.name === `${name}Errors`)!;
      expect(alarm.properties.AlarmDescription).toContain(errorImpact);
      expect(JSON.stringify(alarm.series)).toContain(`Functions${name}Function`);
    }
  });

  it('count what a function answers itself wherever one does', () => {
    const ofFaults = alarms.filter(({ series }) => series.some(({ MetricName }) => MetricName === 'Faults'));
    const answers = Object.entries(serviceFunctions).filter(([, { entry }]) =>
      /\b(http|url|queue|schedule)Entry\b/.test(readFileSync(entry, 'utf8')),
    );

    expect(answers.length).toBeGreaterThan(3);
    expect(ofFaults.map(({ name }) => name)).toEqual(answers.map(([name]) => `${name}Errors`));
  });

  it('lead to an article that exists, with what it means, how to look and how to resolve it', () => {
    const articles = new Map(
      runbook
        .split(/^## /m)
        .slice(1)
        .map((text) => [(text.split('\n')[0] ?? '').toLowerCase().replaceAll(' ', '-'), text]),
    );

    for (const { name, properties } of alarms) {
      const anchor = /docs\/runbook\.md#(\S+)$/.exec(properties.AlarmDescription)?.[1] ?? '';
      for (const part of ['**Means.**', '**Look.**', '**Resolve.**'])
        expect(articles.get(anchor), name).toContain(part);
    }
    expect(articles.size).toBe(alarms.length - Object.keys(serviceFunctions).length + 2);
  });

  it('name resources of the template in the commands of their articles', () => {
    const named = [...runbook.matchAll(/\bof (AWS::[\w:]+) (\w+)/g)];

    expect(named.length).toBeGreaterThan(5);
    for (const [text, type = '', start = ''] of named)
      expect(
        ofType(type).filter(([id]) => id.startsWith(start)),
        text,
      ).not.toEqual([]);
  });

  it('ask the logs for lines that are written, and for fields that these have', () => {
    const source = globSync(['core/use-cases/**/*.ts', 'functions/**/*.ts'])
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n');
    const text = runbook.replaceAll(/\s+/g, ' ');
    const asked = [...text.matchAll(/message = '([^']+)'/g), ...text.matchAll(/message like \/([^/]+)\//g)];
    const shown = [
      ...text.matchAll(/\| ?(?:display|fields) ([\w@., ]+)/g),
      ...text.matchAll(/stats [^`|]+ by ([\w., ]+)/g),
    ];
    const fields = shown.flatMap(([, names = '']) => names.split(',').map((name) => name.trim().split('.')[0] ?? ''));
    const standard = ['@timestamp', 'service', 'level', 'message', 'error', 'bin'];

    expect(asked.length).toBeGreaterThan(10);
    for (const [, line = ''] of asked)
      expect(
        line.split('|').every((part) => source.includes(part)),
        line,
      ).toBe(true);
    const written = (name: string) => new RegExp(`\\b${name}\\b`).test(source);
    expect(fields.filter((name) => !standard.includes(name) && !written(name))).toEqual([]);
  });

  it('watch only metrics that somebody sends, under the dimensions that are sent', () => {
    const sent = (name: string): name is MetricName => name in metrics;

    for (const { name, series } of alarms) {
      for (const { Namespace, MetricName, Dimensions } of series) {
        if (Namespace !== metricNamespace) {
          expect(['AWS/Lambda', 'AWS/SQS', 'AWS/States'], name).toContain(Namespace);
          expect(Dimensions, name).toHaveLength(1);
          continue;
        }
        expect(sent(MetricName), `${name} watches ${MetricName}`).toBe(true);
        const values = Object.fromEntries(Dimensions.map(({ Name, Value }: Loose) => [Name, Value]));
        const service = 'per' in metrics[MetricName as MetricName] ? name.replace(/Errors$/, '') : metricService;
        expect(values.service, name).toBe(service);
        expect(values.env, name).toEqual(anEnvironment().INSTALL_ID);
      }
    }
  });

  it('take silence for a good sign, but for the sweeper’s', () => {
    const breaching = alarms.filter(({ properties }) => properties.TreatMissingData === 'breaching');

    expect(breaching.map(({ name }) => name)).toEqual(['SweeperHeartbeat']);
    expect(alarms.filter(({ properties }) => properties.TreatMissingData === undefined)).toEqual([]);
  });

  it('keep to the limits of CloudWatch: a day at most, ten metrics in an expression', () => {
    for (const { name, properties, series } of alarms) {
      const period = properties.Period ?? properties.Metrics.find((query: Loose) => query.MetricStat).MetricStat.Period;
      expect(period * properties.EvaluationPeriods, name).toBeLessThanOrEqual(86_400);
      expect(series.length, name).toBeLessThanOrEqual(10);
      expect(properties.AlarmDescription.length, name).toBeLessThanOrEqual(1_024);
    }
  });

  it('are all understood by the laptop', () => {
    for (const { name, properties } of alarms)
      expect(() => alarmDefinition({ name, properties } as never), name).not.toThrow();
  });

  it('tell a topic only where the installation names one', () => {
    const topic = 'arn:aws:sns:eu-central-1:111122223333:alarms';
    const told = ofType('AWS::CloudWatch::Alarm', resourcesOf({ alarmTopicArn: topic }));

    expect(alarms.every(({ properties }) => properties.AlarmActions === undefined)).toBe(true);
    expect(told.every(([, { Properties }]) => Properties.AlarmActions[0] === topic && Properties.OKActions[0])).toBe(
      true,
    );
    expect(ofType('AWS::SNS::Topic', resources)).toEqual([]);
  });
});

/** Of any function: what its metrics carry. */
function anEnvironment(): Loose {
  return ofType('AWS::Lambda::Function')[0]?.[1].Properties.Environment.Variables;
}

describe('every metric', () => {
  it('has somebody who sends it', () => {
    const files = globSync(['core/use-cases/**/*.ts', 'functions/**/*.ts']);
    const source = files.map((file) => readFileSync(file, 'utf8')).join('\n');

    expect(files.length).toBeGreaterThan(100);
    expect(Object.keys(metrics).filter((name) => !new RegExp(`\\b${name}\\b`).test(source))).toEqual([]);
  });

  it('is of use: in an alarm or on the dashboard', () => {
    const shown = JSON.stringify([ofType('AWS::CloudWatch::Dashboard'), ofType('AWS::CloudWatch::Alarm')]);

    expect(Object.keys(metrics).filter((name) => !shown.includes(name))).toEqual([]);
    expect(Object.keys(metrics).length).toBeLessThanOrEqual(31);
  });
});

describe('the dashboard', () => {
  it('is a JSON document with every alarm, whose widgets lie side by side', () => {
    const [[, { Properties }]] = ofType('AWS::CloudWatch::Dashboard') as [[string, Loose]];
    const parts = Properties.DashboardBody['Fn::Join'][1] as Array<string | object>;
    const body = JSON.parse(parts.map((part) => (typeof part === 'string' ? part : 'x')).join(''));

    expect(body.widgets[0].properties.alarms).toHaveLength(alarms.length);
    const places = body.widgets.map(({ x, y }: Loose) => `${x},${y}`);
    expect(new Set(places).size).toBe(places.length);
    expect(body.widgets.every(({ x, width }: Loose) => x + width <= 24)).toBe(true);
  });
});

describe('saved queries', () => {
  it('ask the logs of every function', () => {
    const queries = ofType('AWS::Logs::QueryDefinition');

    expect(queries).toHaveLength(3);
    for (const [id, { Properties }] of queries)
      expect(Properties.LogGroupNames, id).toHaveLength(Object.keys(serviceFunctions).length);
  });
});
