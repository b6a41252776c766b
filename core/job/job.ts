import * as z from 'zod';
import { failureCodes } from '../errors.ts';
import { IssueId, JobId, SessionId } from '../ids.ts';
import { Artifact } from './artifact.ts';
import { attemptStatuses, jobStatuses } from './lifecycle.ts';
import { Repository, SolveOptions } from './options.ts';
import { ChangedTests } from './patch-tests.ts';
import { Review } from './review.ts';
import { Verdict } from './verdict.ts';

export const Failure = z.object({
  code: z.enum(failureCodes).describe('For programs: one of errors.md.'),
  message: z.string().describe('What happened, for people.'),
  remedy: z.string().describe('What to do about it.'),
  retryable: z.boolean().describe('Whether a retry may succeed.'),
});

/** One entry per status write; `v` is the row's version after it. The log is filled from these, in order. */
export const Transition = z.object({
  v: z.int(),
  to: z.string(),
  at: z.string(),
  data: z.record(z.string(), z.unknown()).optional(),
});
export type Transition = z.infer<typeof Transition>;

/** The job row. Times are ISO 8601; what is absent has not happened. */
export const Job = z.object({
  id: JobId,
  tenant: z.string(),
  session_id: SessionId,
  issue_id: IssueId,
  /** `sub` of the user whose permits it takes. */
  user: z.string(),
  /** sha256 of the canonical request: another request under the same key is a conflict. */
  request_hash: z.string(),
  status: z.enum(jobStatuses),
  /** Rises by one with every status write. */
  v: z.int(),
  transitions: z.array(Transition),
  options: SolveOptions,
  repository: Repository,
  /** Model and strategy of each attempt of a round, by index. */
  plan: z.array(z.object({ model: z.string(), strategy: z.string() })),
  /** Resolved in dispatch; the job is pinned to it. */
  base_sha: z.string().optional(),
  round: z.int(),
  /** Rises with every StartExecution; part of its name. */
  dispatch: z.int(),
  /** First attempt number of this round: numbers run on over rounds. */
  first_attempt: z.int(),
  execution_arn: z.string().optional(),
  /** A message about this row is to be sent, marked since then. */
  outbox: z.string().optional(),
  /** Waits for a permit since then; its place in the line. */
  waiting_since: z.string().optional(),
  /** A busy provider sent it back to the line: no dispatch before then. */
  not_before: z.string().optional(),
  /** A dispatcher's claim: until when, by whom. */
  claim: z.object({ by: z.string(), until: z.string() }).optional(),
  /** Ends by then or the sweeper ends it. */
  deadline: z.string().optional(),
  failure: Failure.optional(),
  cancel_reason: z.string().optional(),
  verdict: Verdict.optional(),
  artifacts: z.array(Artifact).default([]),
  review: Review.optional(),
  retry_of: JobId.optional(),
  feedback: z.string().optional(),
  created_at: z.string(),
  started_at: z.string().optional(),
  finished_at: z.string().optional(),
});
export type Job = z.infer<typeof Job>;

export const Attempt = z.object({
  job_id: JobId,
  tenant: z.string(),
  n: z.int().positive(),
  round: z.int(),
  /** Position within its round, 0-based: its permit slot. */
  slot: z.int().nonnegative(),
  status: z.enum(attemptStatuses),
  v: z.int(),
  transitions: z.array(Transition),
  model: z.string(),
  strategy: z.string(),
  sandbox_id: z.string().optional(),
  /** The attempt ends by then. */
  deadline: z.string().optional(),
  /** Newest of the runner's beats. */
  beat: z.object({ at: z.string(), phase: z.string(), steps: z.int(), cost_usd: z.number() }).optional(),
  /** Metered by the gateway. */
  usage: z.object({ calls: z.int(), cost_usd: z.number(), input: z.int(), output: z.int(), cached: z.int() }),
  /** From result.json and tests.json as Collect read them. */
  diff: z
    .object({
      files: z.int(),
      insertions: z.int(),
      deletions: z.int(),
      sha256: z.string(),
      bytes: z.int(),
      /** Absent in rows of earlier versions. */
      tests: ChangedTests.optional(),
    })
    .optional(),
  /** From Verify: never from the attempt's own report. */
  verified: z.boolean().default(false),
  failure: Failure.optional(),
  artifacts: z.array(Artifact).default([]),
  /** Saved by the runner before its end: what is left of an attempt whose sandbox dies. */
  checkpoints: z.record(z.string(), z.object({ size: z.int(), sha256: z.string(), at: z.string() })).default({}),
  created_at: z.string(),
  started_at: z.string().optional(),
  finished_at: z.string().optional(),
});
export type Attempt = z.infer<typeof Attempt>;

/** One sandbox of a job: written before its create (the nonce), completed after it. */
export const SandboxRow = z.object({
  job_id: JobId,
  tenant: z.string(),
  key: z.string(),
  attempt: z.int().nonnegative(),
  round: z.int(),
  dispatch: z.int(),
  nonce: z.string(),
  state: z.enum(['creating', 'live', 'running', 'dead']),
  sandbox_id: z.string().optional(),
  task_token: z.string().optional(),
  /** Of this sandbox's attempt token: revoking it is a delete by this key. */
  token_sha256: z.string().optional(),
  runner_pid: z.int().optional(),
  /** Egress is down to what the agent may reach. */
  locked: z.boolean().default(false),
  created_at: z.string(),
  /** Its create was answered, and its kill confirmed: what it costs is counted between them. */
  live_at: z.string().optional(),
  ended_at: z.string().optional(),
  /** How long those ran that had this key under earlier dispatches. */
  seconds_before: z.number().default(0),
  /** Runner deadline, ISO 8601. */
  deadline_at: z.string().optional(),
});
export type SandboxRow = z.infer<typeof SandboxRow>;
