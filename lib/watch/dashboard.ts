import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { MetricName } from '#core/telemetry';
import type { Config } from '../config.ts';
import type { Expression, Series, Statistic } from './alarm-rule.ts';
import { logQueries } from './log-queries.ts';
import { metricOf, type Watched } from './watched.ts';

export interface DashboardProps {
  watched: Watched;
  alarms: cloudwatch.Alarm[];
  config: Pick<Config, 'permits'>;
}

const fiveMinutes = 300;
const day = 86_400;

const funnel: MetricName[] = [
  'JobsAccepted',
  'JobsStarted',
  'JobsAwaitingReview',
  'JobApproved',
  'JobsFailed',
  'JobsCancelled',
];
const rejected: Expression = {
  expression: 'reviewed - approved',
  series: {
    reviewed: { of: 'patchbay', metric: 'JobApproved', statistic: 'SampleCount' },
    approved: { of: 'patchbay', metric: 'JobApproved', statistic: 'Sum' },
  },
};

/** One page: is it well, what comes in and what becomes of it, who waits, what is slow, why things fail, what it costs. */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, { watched, alarms, config }: DashboardProps) {
    super(scope, id);
    const draw = new Drawing(watched);
    new cloudwatch.Dashboard(this, 'Page', {
      defaultInterval: Duration.days(1),
      widgets: [
        [new cloudwatch.AlarmStatusWidget({ title: 'Alarms', alarms, width: 24, height: 6 })],
        [
          draw.graph('Jobs', [...funnel, rejected], 'Sum'),
          draw.graph('Attempts', ['AttemptsSolved', 'AttemptFault', 'HeartbeatLost'], 'Sum'),
          draw.reasons(),
        ],
        [
          draw.spread('Wait for a permit (s)', 'JobWaitSeconds'),
          draw.spread('From running to a result (s)', 'JobRunSeconds'),
          draw.graph('Slots', ['SlotsUsed', 'SandboxesAlive', 'JobsWaiting'], 'Maximum', config.permits.install),
        ],
        [
          draw.spread('Create of a sandbox (ms)', 'SandboxCreateMs'),
          draw.spread('Model call (ms)', 'ModelCallMs'),
          draw.graph(
            'Refused by providers',
            ['SandboxBusy', 'SandboxCreateError', 'SandboxCreateRefused', 'ModelRateLimited', 'ModelRefused'],
            'Sum',
          ),
        ],
        [
          draw.graph('The net', ['SweepRepairs', 'OrphansKilled', 'LeasesExpired', 'PermitDrift'], 'Maximum'),
          draw.graph('Lag (s)', ['OldestOverdueSeconds', 'OutboxLagSeconds'], 'Maximum'),
          draw.money(),
        ],
      ],
    });
  }
}

/** Widgets, three in a row. */
class Drawing {
  private readonly watched: Watched;

  constructor(watched: Watched) {
    this.watched = watched;
  }

  graph(title: string, what: Array<MetricName | Expression>, statistic: Statistic, limit?: number): cloudwatch.IWidget {
    const line = (one: MetricName | Expression) =>
      metricOf(this.watched, typeof one === 'string' ? { of: 'patchbay', metric: one, statistic } : one, fiveMinutes);
    return new cloudwatch.GraphWidget({
      title,
      width: 8,
      left: what.map(line),
      leftYAxis: { min: 0 },
      ...(limit === undefined ? {} : { leftAnnotations: [{ value: limit, label: 'limit of the installation' }] }),
    });
  }

  spread(title: string, metric: MetricName): cloudwatch.IWidget {
    const line = (statistic: 'p50' | 'p95') =>
      metricOf(this.watched, { of: 'patchbay', metric, statistic }, fiveMinutes) as cloudwatch.Metric;
    return new cloudwatch.GraphWidget({
      title,
      width: 8,
      left: [line('p50').with({ label: 'p50' }), line('p95').with({ label: 'p95' })],
      leftYAxis: { min: 0 },
    });
  }

  reasons(): cloudwatch.IWidget {
    return new cloudwatch.LogQueryWidget({
      title: 'Why jobs and attempts fail',
      width: 8,
      logGroupNames: logGroupNames(this.watched.functions),
      queryLines: [...logQueries.Reasons],
    });
  }

  money(): cloudwatch.IWidget {
    const cost: Series = { of: 'patchbay', metric: 'JobCostUsd', statistic: 'Sum' };
    const solved: Series = { of: 'patchbay', metric: 'JobsAwaitingReview', statistic: 'Sum' };
    const perSolved: Expression = { expression: 'cost / solved', series: { cost, solved } };
    return new cloudwatch.GraphWidget({
      title: 'Models and sandboxes, US dollars: a day, and for each solved issue',
      width: 8,
      left: [metricOf(this.watched, cost, day)],
      right: [metricOf(this.watched, perSolved, day)],
    });
  }
}

export function logGroupNames(functions: ReadonlyMap<string, lambda.Function>): string[] {
  return [...functions.values()].map((fn) => fn.logGroup.logGroupName);
}
