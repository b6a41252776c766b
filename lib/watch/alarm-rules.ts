import type { MetricName } from '#core/telemetry';
import type { Config } from '../config.ts';
import type { AlarmRule, Expression, Series, Statistic } from './alarm-rule.ts';

const ours = (metric: MetricName, statistic: Statistic): Series => ({ of: 'patchbay', metric, statistic });

/** The share in percent of a metric of 0 and 1, from so many samples on: below, one failure would be a high share. */
const share = (metric: MetricName, least: number): Expression => ({
  expression: `IF(samples >= ${least}, 100 * share, 0)`,
  series: { samples: ours(metric, 'SampleCount'), share: ours(metric, 'Average') },
});

/** So many minutes in a row; silence is no bad sign. */
const minutes = (periods: number) => ({ periodSeconds: 60, periods, missing: 'notBreaching' }) as const;
/** Once within so many seconds. */
const within = (periodSeconds: number) => ({ periodSeconds, periods: 1, missing: 'notBreaching' }) as const;
const page = { severity: 'page' } as const;
const warn = { severity: 'warn' } as const;

/**
 * Functions whose callers give up: people, agents and sandboxes at once, the workflow after the less than a minute for
 * which it repeats a throttled step. The queue, the schedule and the rule go on for hours. An alarm takes ten metrics,
 * so Judge, which runs right before Finish, and Cleanup are not watched.
 */
const impatient = [
  ...['Api', 'Callbacks', 'ModelGateway', 'SocketAuthorizer', 'Socket'],
  ...['CreateSandbox', 'RunAgent', 'Collect', 'EndAttempt', 'Finish'],
];

/**
 * Every alarm but those of the functions: its name is also the heading of its article in docs/runbook.md. Seconds are
 * production seconds. A period slides: CloudWatch looks at the newest one every minute.
 */
export function alarmRules(config: Pick<Config, 'tenantDailyUsd'>): Record<string, AlarmRule> {
  return {
    OldestNonTerminalAge: {
      ...page,
      ...minutes(3),
      impact: 'a job has not ended by its deadline and nothing ends it: its user waits for ever',
      watch: ours('OldestOverdueSeconds', 'Maximum'),
      above: 300,
    },
    OutboxLag: {
      ...page,
      ...minutes(3),
      impact: 'accepted jobs do not reach the queue, or milestones do not reach the log',
      watch: ours('OutboxLagSeconds', 'Maximum'),
      above: 120,
    },
    QueueAge: {
      ...page,
      ...minutes(3),
      impact: 'accepted jobs stay queued although there may be room for them',
      watch: { of: 'jobs', metric: 'ApproximateAgeOfOldestMessage', statistic: 'Maximum' },
      above: 300,
    },
    DeadLetters: {
      ...page,
      ...minutes(1),
      impact: 'a message failed five times and waits for a person; its job may hang until the sweeper ends it',
      watch: { of: 'deadLetters', metric: 'ApproximateNumberOfMessagesVisible', statistic: 'Maximum' },
      above: 0,
    },
    ConsecutiveFailures: {
      ...page,
      ...within(1_800),
      impact: 'every attempt fails, whatever the issue: the template, a key or a model is broken',
      watch: {
        expression: 'IF(every >= 1, ended, 0)',
        series: { every: ours('AttemptFault', 'Minimum'), ended: ours('AttemptFault', 'SampleCount') },
      },
      above: 4,
    },
    SandboxCreateErrors: {
      ...page,
      ...within(600),
      impact: 'attempts get no sandbox, or get one late',
      watch: share('SandboxCreateError', 10),
      above: 10,
    },
    SandboxCreateRefused: {
      ...page,
      ...within(900),
      impact: 'no attempt gets a sandbox until the key, the template or its settings are put right',
      watch: ours('SandboxCreateRefused', 'Sum'),
      above: 0,
    },
    ModelRefused: {
      ...page,
      ...within(900),
      impact: 'agents of a provider get no model until its key, or its row in the table, is put right',
      watch: ours('ModelRefused', 'Sum'),
      above: 0,
    },
    OrphansReaped: {
      ...warn,
      ...within(300),
      impact: 'nobody loses anything yet: the sweeper killed a sandbox that the workflow should have killed',
      watch: ours('OrphansKilled', 'Sum'),
      above: 0,
    },
    OrphansByLifetime: {
      ...page,
      ...within(300),
      impact: 'permits were held until they ran out: no layer confirmed the end of a sandbox, and jobs waited for it',
      watch: ours('LeasesExpired', 'Sum'),
      above: 0,
    },
    PermitDrift: {
      ...page,
      ...minutes(10),
      impact: 'jobs wait although slots are free, or more sandboxes run than the plan allows',
      watch: ours('PermitDrift', 'Minimum'),
      above: 0,
    },
    SandboxProvider429: {
      ...warn,
      ...within(900),
      impact: 'jobs go back to the line, or attempts fail as provider_busy: the limits here exceed the plan',
      watch: share('SandboxBusy', 10),
      above: 5,
    },
    Model429: {
      ...warn,
      ...within(900),
      impact: 'agents wait for their model and may run out of time',
      watch: share('ModelRateLimited', 20),
      above: 5,
    },
    HeartbeatLost: {
      ...page,
      ...within(3_600),
      impact: 'attempts end as sandbox_lost with their last checkpoint only',
      watch: {
        expression: 'IF(lost >= 2, 100 * share, 0)',
        series: { lost: ours('HeartbeatLost', 'Sum'), share: ours('HeartbeatLost', 'Average') },
      },
      above: 2,
    },
    CostPerJob: {
      ...page,
      ...within(300),
      impact: 'a job cost more than its user allowed: the hard cap of the gateway does not hold',
      watch: ours('JobBudgetPercent', 'Maximum'),
      above: 100,
    },
    DailySpend: {
      ...warn,
      ...within(86_400),
      impact: 'models and sandboxes of this installation cost more in a day than one tenant may spend',
      watch: ours('JobCostUsd', 'Sum'),
      above: config.tenantDailyUsd,
    },
    SweeperHeartbeat: {
      ...page,
      impact: 'the net is gone: lost messages, overdue jobs, expired permits and orphan sandboxes stay',
      watch: ours('SweepMs', 'SampleCount'),
      below: 1,
      periodSeconds: 60,
      periods: 5,
      missing: 'breaching',
    },
    ExecutionsTimedOut: {
      ...page,
      ...within(300),
      impact: 'a workflow ran into its last limit of two hours: a job hung beyond every limit of its own',
      watch: { of: 'machine', metric: 'ExecutionsTimedOut', statistic: 'Sum' },
      above: 0,
    },
    Throttles: {
      ...page,
      ...minutes(3),
      impact: 'requests, model calls, heartbeats and steps are refused: the account has no Lambda concurrency left',
      watch: {
        expression: impatient.map((name) => `FILL(${idOf(name)}, 0)`).join(' + '),
        series: Object.fromEntries(
          impatient.map((name) => [idOf(name), { of: 'function', name, metric: 'Throttles', statistic: 'Sum' }]),
        ),
      },
      above: 0,
    },
  };
}

/** Ids of metric math start in lower case. */
function idOf(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
