import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { metricNamespace, metricService } from '#core/telemetry';
import type { Expression, Series } from './alarm-rule.ts';

/** What is watched: the resources behind the metrics that AWS keeps, and what our own metrics carry as `env`. */
export interface Watched {
  /** INSTALL_ID of the functions. */
  env: string;
  functions: ReadonlyMap<string, lambda.Function>;
  machine: sfn.StateMachine;
  jobs: sqs.Queue;
  deadLetters: sqs.Queue;
}

/** The metric of a rule or a graph. */
export function metricOf(watched: Watched, what: Series | Expression, periodSeconds: number): cloudwatch.IMetric {
  const period = Duration.seconds(periodSeconds);
  if (!('expression' in what)) return series(watched, what, period);
  const { expression } = what;
  const usingMetrics = Object.fromEntries(
    Object.entries(what.series).map(([id, one]) => [id, series(watched, one, period)]),
  );
  return new cloudwatch.MathExpression({ expression, usingMetrics, period, label: expression });
}

function series(watched: Watched, what: Series, period: Duration): cloudwatch.Metric {
  const { statistic } = what;
  const own = (service: string) =>
    new cloudwatch.Metric({
      namespace: metricNamespace,
      metricName: what.metric,
      dimensionsMap: { service, env: watched.env },
      statistic,
      period,
    });
  switch (what.of) {
    case 'patchbay':
      return own(metricService);
    case 'faults':
      return own(what.name);
    case 'function':
      return functionOf(watched, what.name).metric(what.metric, { statistic, period });
    case 'machine':
      return watched.machine.metric(what.metric, { statistic, period });
    default:
      return watched[what.of].metric(what.metric, { statistic, period });
  }
}

function functionOf({ functions }: Watched, name: string): lambda.Function {
  const found = functions.get(name);
  if (!found) throw new Error(`an alarm watches the function ${name}, which does not exist`);
  return found;
}
