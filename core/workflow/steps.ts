import * as z from 'zod';
import { caps } from './limits.ts';
import { runnerModes } from './runner.ts';

/**
 * What passes between the states of the machine: ids only (a step returns at most `caps.stepResultBytes`). The order of
 * the steps is in `lib/workflow.ts`; each has one use case of its name.
 *
 * Map attempts: CreateSandbox → RunAgent (task token) → Collect → CreateSandbox, RunAgent, Collect again in mode verify;
 *   any error → EndAttempt. Then Judge (with a sandbox of its own in mode judge when cross tests are worth it) → Finish.
 * Any error of the machine itself → Cleanup.
 */

/** The input of an execution: immutable fields alone, so that the same start has the same input. */
export const MachineInput = z.object({
  tenant: z.string(),
  job_id: z.string(),
  round: z.int(),
  dispatch: z.int(),
  /** One per Map iteration. */
  attempts: z.array(z.object({ n: z.int(), slot: z.int() })).max(caps.attempts),
});
export type MachineInput = z.infer<typeof MachineInput>;

/** One sandbox of the job, as every sandbox step gets it. For the judge, `attempt` and `slot` are 0. */
export const SandboxStep = z.object({
  tenant: z.string(),
  job_id: z.string(),
  round: z.int(),
  dispatch: z.int(),
  mode: z.enum(runnerModes),
  attempt: z.int(),
  slot: z.int(),
});
export type SandboxStep = z.infer<typeof SandboxStep>;

export const CreateSandboxResult = z.object({
  sandbox_id: z.string(),
  /** TimeoutSeconds of RunAgent: its rung of the ladder, in production seconds. */
  run_timeout_seconds: z.int(),
});
export type CreateSandboxResult = z.infer<typeof CreateSandboxResult>;

export const RunAgentInput = SandboxStep.extend({ task_token: z.string() });
export type RunAgentInput = z.infer<typeof RunAgentInput>;

/** How the wait for a runner ended, from the `done` callback; Collect does not believe it. */
export const runnerDone = { ended: 'done' } as const;

export const CollectInput = SandboxStep.extend({
  /** Set when RunAgent failed (timeout, lost heartbeat, Cancelled): collect what is there. */
  error: z.string().optional(),
  cause: z.string().optional(),
});
export type CollectInput = z.infer<typeof CollectInput>;

export const CollectResult = z.object({
  /** solve: a usable diff that a fresh sandbox should verify, and this sandbox is confirmed dead. */
  verify: z.boolean(),
  status: z.string(),
});
export type CollectResult = z.infer<typeof CollectResult>;

/** Ends a Map iteration whatever happened in it, kills its sandboxes, and never throws for what it finds. */
export const EndAttemptInput = SandboxStep.extend({ error: z.string().optional(), cause: z.string().optional() });
export type EndAttemptInput = z.infer<typeof EndAttemptInput>;

/** What an iteration returns to the Map. */
export const AttemptResult = z.object({
  attempt: z.int(),
  status: z.string(),
  verified: z.boolean(),
  /** It left reproduction tests. */
  repro: z.boolean(),
  /** It never got a sandbox. */
  refused: z.boolean(),
});
export type AttemptResult = z.infer<typeof AttemptResult>;

/** Judge and Finish read the rows; the results only tell what was refused. */
export const JudgeInput = z.object({
  tenant: z.string(),
  job_id: z.string(),
  round: z.int(),
  dispatch: z.int(),
  cross_tests: z.enum(['run', 'not_needed', 'skipped']),
});
export type JudgeInput = z.infer<typeof JudgeInput>;

export const JudgeResult = z.object({ winner: z.int().nullable() });
export type JudgeResult = z.infer<typeof JudgeResult>;

export const FinishInput = z.object({
  tenant: z.string(),
  job_id: z.string(),
  round: z.int(),
  dispatch: z.int(),
  results: z.array(AttemptResult),
});
export type FinishInput = z.infer<typeof FinishInput>;

export const FinishResult = z.object({ status: z.string() });
export type FinishResult = z.infer<typeof FinishResult>;

/** From the machine's outermost Catch, the status rule (FAILED, TIMED_OUT, ABORTED) and the sweeper. Idempotent. */
export const CleanupInput = z.object({
  tenant: z.string(),
  job_id: z.string(),
  dispatch: z.int(),
  reason: z.string(),
  /** With the rule's event: act only if the row's execution is this one. */
  execution_arn: z.string().optional(),
});
export type CleanupInput = z.infer<typeof CleanupInput>;

/** Error names that the machine's Retry and Catch blocks know; each is a class in `core/errors.ts`. */
export const caughtErrors = ['ProviderBusy', 'Cancelled', 'SandboxLost'] as const;
