import type { AlarmRule } from './alarm-rule.ts';

/** Percent of calls that may fail. A step of the workflow throws to steer it: Cancelled, ProviderBusy, SandboxLost. */
const tolerated = { step: 25, other: 1 };

/**
 * The alarm of one function, by its row in lib/functions.ts: at least three failures in a quarter of an hour, and too
 * many of the calls. What the function answers itself (a 500, a message given back) is no error to Lambda: it counts as a fault.
 */
export function functionRule(name: string, row: { reads: string; errorImpact: string }): AlarmRule {
  const failures = '(errors + FILL(faults, 0))';
  return {
    severity: 'page',
    impact: row.errorImpact,
    watch: {
      expression: `IF(${failures} >= 3, 100 * ${failures} / calls, 0)`,
      series: {
        errors: { of: 'function', name, metric: 'Errors', statistic: 'Sum' },
        faults: { of: 'faults', name, metric: 'Faults', statistic: 'Sum' },
        calls: { of: 'function', name, metric: 'Invocations', statistic: 'Sum' },
      },
    },
    above: row.reads === 'steps' ? tolerated.step : tolerated.other,
    periodSeconds: 900,
    periods: 1,
    missing: 'notBreaching',
  };
}

/** Heading of the article that all alarms of functions share. */
export const functionArticle = 'FunctionErrors';
