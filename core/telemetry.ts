/**
 * Everything the application measures, once: emitters, alarms and the dashboard take names and units from here, so that
 * no alarm waits for a metric that nobody sends. Dimensions are `service` and `env` alone, because every combination is
 * billed as a metric of its own; tenant and job are fields of the log line. Metrics of value 0 or 1 are rates: their
 * average is the share, their sample count the number.
 */
export const metricNamespace = 'Patchbay';
/** The dimension `service` of every metric that is not `per: 'function'`. */
export const metricService = 'patchbay';

interface Metric {
  unit: 'Count' | 'Seconds' | 'Milliseconds' | 'Percent' | 'None';
  /** One sample: what it stands for. */
  what: string;
  /** `service` is then the function that sends it. */
  per?: 'function';
}

export const metrics = {
  // jobs and attempts, at the status write that enters the log
  JobsAccepted: { unit: 'Count', what: 'a new job' },
  JobsStarted: { unit: 'Count', what: 'a dispatch that got its permits' },
  JobsAwaitingReview: { unit: 'Count', what: 'a job with a winner' },
  JobApproved: { unit: 'Count', what: '1: a person approved a diff of the job; 0: rejected it' },
  JobsFailed: { unit: 'Count', what: 'a failed job; its code is in the log line' },
  JobsCancelled: { unit: 'Count', what: 'a cancelled job' },
  JobWaitSeconds: { unit: 'Seconds', what: 'from queued to running' },
  JobRunSeconds: { unit: 'Seconds', what: 'from running to the end of the round' },
  JobCostUsd: { unit: 'None', what: 'what the models and sandboxes of a job cost, at its end' },
  JobBudgetPercent: { unit: 'Percent', what: 'what its models cost, as a share of what they were allowed' },
  AttemptsSolved: { unit: 'Count', what: 'an attempt with a usable diff' },
  AttemptFault: { unit: 'Count', what: '1: an attempt ended by a fault of ours or of a provider; 0: otherwise' },
  // sandboxes and models
  SandboxCreateMs: { unit: 'Milliseconds', what: 'a create that was answered' },
  SandboxCreateError: { unit: 'Count', what: '1: a create failed, other than for want of a slot; 0: otherwise' },
  SandboxCreateRefused: { unit: 'Count', what: 'a create that no repetition cures: key, template or settings' },
  SandboxBusy: { unit: 'Count', what: '1: the provider had no slot or limits the rate; 0: otherwise' },
  HeartbeatLost: { unit: 'Count', what: '1: a runner fell silent; 0: it was heard until its end' },
  ModelCallMs: { unit: 'Milliseconds', what: 'a model call that was answered' },
  ModelRefused: { unit: 'Count', what: 'a call that no repetition cures: key or provider table' },
  ModelRateLimited: { unit: 'Count', what: '1: the model provider answered 429; 0: otherwise' },
  // the sweep, each minute
  SweepMs: { unit: 'Milliseconds', what: 'a whole sweep' },
  SweepRepairs: { unit: 'Count', what: 'messages sent again, jobs ended or started, slots given back by the sweep' },
  OldestOverdueSeconds: { unit: 'Seconds', what: 'how far the latest open job is past its deadline' },
  OutboxLagSeconds: { unit: 'Seconds', what: 'age of the oldest row whose log or message is behind' },
  JobsWaiting: { unit: 'Count', what: 'jobs that wait for a permit' },
  SlotsUsed: { unit: 'Count', what: 'leases of the installation' },
  SandboxesAlive: { unit: 'Count', what: 'sandboxes that the provider lists' },
  PermitDrift: { unit: 'Count', what: 'leases without a live attempt, and sandboxes without a lease' },
  OrphansKilled: { unit: 'Count', what: 'sandboxes that no row wanted' },
  LeasesExpired: { unit: 'Count', what: 'leases that ran out: nobody confirmed the end of their sandbox' },
  // every function
  Faults: { unit: 'Count', what: 'a failure that the function answered itself: Lambda counts none', per: 'function' },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof metrics;

/** Samples, by metric. */
export type Measured = { readonly [N in MetricName]?: number };

/** Those of some figures that are metrics. */
export function measuredIn(figures: Readonly<Record<string, number>>): Measured {
  return Object.fromEntries(Object.entries(figures).filter(([name]) => name in metrics));
}
