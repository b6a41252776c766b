import type { MetricName } from '#core/telemetry';

export type Statistic = 'Sum' | 'Average' | 'Minimum' | 'Maximum' | 'SampleCount' | 'p50' | 'p95';

/** A metric of ours, or one that AWS keeps of a resource of the stack. */
export type Series =
  | { of: 'patchbay'; metric: MetricName; statistic: Statistic }
  | { of: 'jobs' | 'deadLetters' | 'machine'; metric: string; statistic: Statistic }
  /** `name`: the function's row in lib/functions.ts. */
  | { of: 'function'; name: string; metric: 'Errors' | 'Throttles' | 'Invocations'; statistic: 'Sum' }
  | { of: 'faults'; name: string; metric: 'Faults'; statistic: 'Sum' };

/** CloudWatch's metric math over the named series; each name is an id in it. */
export interface Expression {
  expression: string;
  series: Record<string, Series>;
}

export interface AlarmRule {
  /** `page`: somebody loses something now. `warn`: a net has caught it, or money is at stake. */
  severity: 'page' | 'warn';
  /** What people lose while it stands: the alarm's text. */
  impact: string;
  watch: Series | Expression;
  /** It breaches above, or below, this. */
  above?: number;
  below?: number;
  periodSeconds: number;
  /** How many periods in a row. */
  periods: number;
  /** What a period without data means. */
  missing: 'breaching' | 'notBreaching';
}
