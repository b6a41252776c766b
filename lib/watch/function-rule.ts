import type { AlarmRule, Series } from './alarm-rule.ts';

/** Heading of the article that all alarms of functions share. */
export const functionArticle = 'FunctionErrors';

/**
 * Functions that answer failures themselves: a request by a 500, a message by giving it back, the sweep part by part. To
 * Lambda those are successes, so they send a fault for each.
 */
const answering: readonly string[] = ['Api', 'Callbacks', 'ModelGateway', 'Dispatch', 'Sweep'];

/** Percent of calls that may fail. A step of the workflow throws to steer it: Cancelled, ProviderBusy, SandboxLost. */
const tolerated = { step: 25, other: 1 };

/**
 * The alarm of one function, by its row in lib/functions.ts: at least three failures in a quarter of an hour, and too
 * many of the calls.
 */
export function functionRule(name: string, row: { reads: string; errorImpact: string }): AlarmRule {
  const errors: Series = { of: 'function', name, metric: 'Errors', statistic: 'Sum' };
  const faults: Series = { of: 'faults', name, metric: 'Faults', statistic: 'Sum' };
  const calls: Series = { of: 'function', name, metric: 'Invocations', statistic: 'Sum' };
  const answers = answering.includes(name);
  const failures = answers ? '(errors + FILL(faults, 0))' : 'errors';
  return {
    severity: 'page',
    impact: row.errorImpact,
    watch: {
      expression: `IF(${failures} >= 3, 100 * ${failures} / calls, 0)`,
      series: { errors, ...(answers && { faults }), calls },
    },
    above: row.reads === 'steps' ? tolerated.step : tolerated.other,
    periodSeconds: 900,
    periods: 1,
    missing: 'notBreaching',
  };
}
