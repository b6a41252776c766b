import type { JsonObject, Resource } from '#local/parts';
import { compileMath, type Point } from './metric-math.ts';
import { isStatistic, type Statistic } from './metrics.ts';

/** One series that an alarm asks for. */
export interface AlarmSeries {
  id: string;
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
  statistic: Statistic;
}

/** An `AWS::CloudWatch::Alarm`, understood. */
export interface AlarmDefinition {
  name: string;
  description: string;
  series: AlarmSeries[];
  /** The one value that is compared, of one period. */
  value(points: Readonly<Record<string, Point>>): Point;
  periodSeconds: number;
  evaluationPeriods: number;
  datapointsToAlarm: number;
  breaches(value: number): boolean;
  missing: 'breaching' | 'notBreaching' | 'missing';
}

const known = new Set([
  ...[
    'AlarmName',
    'AlarmDescription',
    'AlarmActions',
    'OKActions',
    'InsufficientDataActions',
    'ActionsEnabled',
    'Tags',
  ],
  ...['Namespace', 'MetricName', 'Dimensions', 'Statistic', 'ExtendedStatistic', 'Period', 'Metrics', 'Unit'],
  ...['ComparisonOperator', 'Threshold', 'EvaluationPeriods', 'DatapointsToAlarm', 'TreatMissingData'],
]);

const comparisons: Record<string, (value: number, threshold: number) => boolean> = {
  GreaterThanThreshold: (value, threshold) => value > threshold,
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

/** @throws Error with whatever this evaluator does not know: an alarm half understood would be a false comfort */
export function alarmDefinition({ name, properties }: Resource): AlarmDefinition {
  const unknown = Object.keys(properties).filter((property) => !known.has(property));
  if (unknown.length > 0) throw new Error(`unknown properties ${unknown.join(', ')}`);
  const compare = comparisons[String(properties.ComparisonOperator)];
  if (!compare) throw new Error(`unknown comparison ${properties.ComparisonOperator}`);
  const evaluationPeriods = Number(properties.EvaluationPeriods);
  return {
    name,
    description: String(properties.AlarmDescription ?? ''),
    ...(Array.isArray(properties.Metrics) ? ofMath(properties.Metrics as JsonObject[]) : ofMetric(properties)),
    evaluationPeriods,
    datapointsToAlarm: Number(properties.DatapointsToAlarm ?? evaluationPeriods),
    breaches: (value) => compare(value, Number(properties.Threshold)),
    missing: missingOf(String(properties.TreatMissingData ?? 'missing')),
  };
}

function ofMetric(properties: JsonObject) {
  const statistic = properties.ExtendedStatistic ?? properties.Statistic;
  return {
    series: [aSeries('value', properties, String(statistic))],
    value: (points: Readonly<Record<string, Point>>) => points.value,
    periodSeconds: Number(properties.Period),
  };
}

function ofMath(queries: JsonObject[]) {
  const asked = queries.flatMap(({ Id, MetricStat }) => {
    if (!MetricStat) return [];
    const { Metric, Stat, Period } = MetricStat as JsonObject;
    return [{ ...aSeries(String(Id), Metric as JsonObject, String(Stat)), period: Number(Period) }];
  });
  const periods = new Set(asked.map(({ period }) => period));
  const [periodSeconds] = periods;
  if (periodSeconds === undefined || periods.size > 1) throw new Error('metrics of several periods, or of none');
  const [answer, ...more] = queries.filter(({ Expression }) => Expression !== undefined);
  if (!answer || more.length > 0 || answer.ReturnData === false)
    throw new Error('not one expression that is the answer');
  const ids = asked.map(({ id }) => id);
  return { series: asked, value: compileMath(String(answer.Expression), ids), periodSeconds };
}

function aSeries(id: string, metric: JsonObject, statistic: string): AlarmSeries {
  if (!isStatistic(statistic)) throw new Error(`unknown statistic ${statistic}`);
  const dimensions = ((metric.Dimensions ?? []) as JsonObject[]).map(({ Name, Value }) => [
    String(Name),
    String(Value),
  ]);
  return {
    id,
    namespace: String(metric.Namespace),
    name: String(metric.MetricName),
    dimensions: Object.fromEntries(dimensions),
    statistic,
  };
}

function missingOf(treatment: string): AlarmDefinition['missing'] {
  if (treatment === 'breaching' || treatment === 'notBreaching' || treatment === 'missing') return treatment;
  // `ignore` keeps the state before, which nobody keeps here.
  throw new Error(`unknown treatment of missing data: ${treatment}`);
}
