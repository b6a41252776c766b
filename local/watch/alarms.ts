import type { Assembly } from '#local/parts';
import { type AlarmDefinition, type AlarmSeries, alarmDefinition } from './alarm-definition.ts';
import type { Point } from './metric-math.ts';
import type { Metrics } from './metrics.ts';

/** An alarm as CloudWatch would show it now. */
export interface AlarmState {
  name: string;
  /** `NOT_EVALUATED`: it cannot be told here; `reason` says why. */
  state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA' | 'NOT_EVALUATED';
  reason: string;
  /** The template's own text: what is lost, and where it says what to do. */
  description: string;
}

export interface AlarmsOptions {
  assembly: Assembly;
  metrics: Pick<Metrics, 'query'>;
  /** Whether anything on the laptop sends this metric: of one that nobody sends, silence says nothing. */
  isMeasured(series: AlarmSeries): boolean;
  /** When the stack was started (ms): silence before that says nothing. */
  since?: number;
  timeScale?: number;
  now?: () => number;
}

/**
 * CloudWatch looks at more periods than an alarm counts, so that a point that comes late is not taken for a missing one.
 * How many it does not say; its own examples take two.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
const spare = 2;

/** The state of every alarm of the template, from the metric store. Periods are production seconds, windows slide. */
export function evaluateAlarms(options: AlarmsOptions): AlarmState[] {
  return options.assembly.byType('AWS::CloudWatch::Alarm').map((resource) => {
    const description = String(resource.properties.AlarmDescription ?? '');
    try {
      const definition = alarmDefinition(resource);
      return { name: definition.name, description, ...stateOf(definition, options) };
    } catch (error) {
      return { name: resource.name, description, state: 'NOT_EVALUATED', reason: (error as Error).message };
    }
  });
}

function stateOf(alarm: AlarmDefinition, options: AlarmsOptions): Pick<AlarmState, 'state' | 'reason'> {
  const unmeasured = alarm.series.filter((series) => !options.isMeasured(series));
  if (unmeasured.length > 0) {
    const names = unmeasured.map(({ namespace, name }) => `${namespace} ${name}`);
    return { state: 'NOT_EVALUATED', reason: `nothing here measures ${[...new Set(names)].join(', ')}` };
  }
  const { since = 0, timeScale = 1, now = Date.now } = options;
  const points = pointsOf(alarm, options);
  const isYoung = now() - since < (alarm.evaluationPeriods * alarm.periodSeconds * 1_000) / timeScale;
  if (isYoung && alarm.missing === 'breaching' && points.includes(undefined))
    return { state: 'INSUFFICIENT_DATA', reason: 'the stack is younger than what the alarm looks at' };
  return judged(alarm, points);
}

/** One point for each period of the evaluation range, the newest first. */
function pointsOf(alarm: AlarmDefinition, { metrics, timeScale = 1, now = Date.now }: AlarmsOptions): Point[] {
  const period = (alarm.periodSeconds * 1_000) / timeScale;
  const end = now();
  return Array.from({ length: alarm.evaluationPeriods + spare }, (_, k) => {
    const span = { since: end - (k + 1) * period, until: end - k * period };
    const read = ({ id, namespace, name, dimensions, statistic }: AlarmSeries) =>
      [id, metrics.query({ namespace, name, dimensions, statistic, ...span })[0]?.value] as const;
    return alarm.value(Object.fromEntries(alarm.series.map(read)));
  });
}

/**
 * Enough real points: the newest of them count, and gaps are passed over. Too few: the treatment of missing data stands
 * in for the rest; none at all and no treatment: nothing can be said.
 */
function judged(alarm: AlarmDefinition, points: readonly Point[]): Pick<AlarmState, 'state' | 'reason'> {
  const { evaluationPeriods, datapointsToAlarm, missing, breaches } = alarm;
  const real = points.filter((point): point is number => point !== undefined).slice(0, evaluationPeriods);
  if (real.length === 0 && missing === 'missing') return { state: 'INSUFFICIENT_DATA', reason: 'no data' };
  const gaps = evaluationPeriods - real.length;
  const breaching = real.filter(breaches).length + (missing === 'breaching' ? gaps : 0);
  const shown = points.slice(0, evaluationPeriods).map((point) => (point === undefined ? '–' : String(rounded(point))));
  const reason = `${breaching} of ${evaluationPeriods} points breach (newest first: ${shown.join(', ')})`;
  return { state: breaching >= datapointsToAlarm ? 'ALARM' : 'OK', reason };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
