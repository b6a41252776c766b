import * as z from 'zod';

/** Events a runner may send, in the order in which a healthy solve sends them. */
export const runnerEventTypes = [
  'sandbox_ready',
  'repo_cloned',
  'deps_installed',
  'baseline_tested',
  'plan_started',
  'plan_ready',
  'execute_started',
  'step',
  'execute_finished',
  'tests_finished',
  'diff_ready',
  'patch_applied',
  'verified',
  'cross_tested',
  'done',
  'note',
  'blocked',
  'error',
  'cancelled',
] as const;
export type RunnerEventType = (typeof runnerEventTypes)[number];

/** Events the control plane writes. `job_status` and `attempt_status` mirror the rows' transitions. */
export const controlEventTypes = ['job_status', 'attempt_status', 'waiting', 'verdict'] as const;

export const eventTypes = [...runnerEventTypes, ...controlEventTypes] as const;
export type EventType = (typeof eventTypes)[number];

/** In the log, and live, but not shown as chat messages. */
const quiet: readonly EventType[] = [
  'step',
  'note',
  'sandbox_ready',
  'plan_started',
  'execute_started',
  'execute_finished',
  'done',
];

export function isMilestone(type: EventType): boolean {
  return !quiet.includes(type);
}

/** The job's phase while it runs, by the newest event that moves it. */
export const phaseOf: Partial<Record<EventType, string>> = {
  sandbox_ready: 'preparing',
  repo_cloned: 'preparing',
  deps_installed: 'preparing',
  baseline_tested: 'planning',
  plan_started: 'planning',
  plan_ready: 'solving',
  execute_started: 'solving',
  execute_finished: 'testing',
  tests_finished: 'collecting',
  diff_ready: 'collecting',
  done: 'collecting',
};

/** An event before it is in the log. (`src`, `src_seq`) identify it: the log takes each pair once. */
export interface NewEvent {
  /** `job`, `attempt-<n>`, `solve-<n>@<dispatch>`, `verify-<n>@<dispatch>`, `judge@<dispatch>` */
  src: string;
  src_seq: number;
  type: EventType;
  at: string;
  data: Record<string, unknown>;
}

/** An event of a job's log, as stored and as every reader sees it. `seq` is gapless from 1. */
export const JobEvent = z.object({
  seq: z.int().positive().describe('Its place in the job’s log: from 1, without gaps.'),
  type: z.enum(eventTypes).describe('events.md says what each has in `data`; more may come.'),
  at: z.string().describe('By the clock of its source: go by `seq` for the order.'),
  src: z
    .string()
    .describe('Who says it: `job`, `attempt-2`, `solve-2@1` (a sandbox and its dispatch), `verify-2@1`, `judge@1`.'),
  src_seq: z.int().positive().describe('Its place among those of its source.'),
  data: z.record(z.string(), z.unknown()),
});
export type JobEvent = z.infer<typeof JobEvent>;
