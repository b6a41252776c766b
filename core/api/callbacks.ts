import * as z from 'zod';
import { runnerEventTypes } from '#core/job/milestone';
import { caps } from '#core/workflow/limits';

/**
 * What a runner says, and what it hears: `POST /callbacks/attempts/{attempt_id}`, bearer attempt token.
 * Cumulative acknowledgement: the runner keeps events until `ack` covers them and resends from `ack + 1`.
 */

export const Beat = z.object({
  phase: z.string().max(40),
  steps: z.int().nonnegative(),
  cost_usd: z.number().nonnegative(),
  disk_bytes: z.int().nonnegative().optional(),
  rss_bytes: z.int().nonnegative().optional(),
});

export const RunnerEvent = z.object({
  src_seq: z.int().positive(),
  type: z.enum(runnerEventTypes),
  /** ISO 8601 */
  at: z.string(),
  data: z.record(z.string(), z.unknown()),
});
export type RunnerEvent = z.infer<typeof RunnerEvent>;

/** `diff.patch`, `plan.json`, or a part of the log by its byte offset: `logs/0000001234`. */
export const CheckpointName = z.union([
  z.literal('diff.patch'),
  z.literal('plan.json'),
  z.string().regex(/^logs\/\d{10}$/),
]);

export const CallbackRequest = z.object({
  /** src_seq of the first event here, or the next one when there are none. */
  from: z.int().positive(),
  events: z.array(RunnerEvent).max(caps.callbackEvents),
  hb: Beat,
  /** Asks for presigned POSTs, minted as they are used. */
  mint: z.array(CheckpointName).max(8).optional(),
  /** What earlier ones were used for. */
  saved: z
    .array(z.object({ name: CheckpointName, size: z.int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }))
    .max(8)
    .optional(),
});
export type CallbackRequest = z.infer<typeof CallbackRequest>;

export const Upload = z.object({ url: z.string(), fields: z.record(z.string(), z.string()), max_bytes: z.int() });

export const CallbackReply = z.object({
  /** Highest src_seq that is in the log. */
  ack: z.int().nonnegative(),
  /** cancel: finish with what there is. settled: nothing more is accepted; stop sending. */
  state: z.enum(['go', 'cancel', 'settled']),
  /** True once the clone token is revoked and the egress policy is down to callbacks, artifacts and gateway: only then
   *  may the agent take its first step. */
  locked: z.boolean(),
  /** ISO 8601: the sandbox dies then unless another beat comes. */
  renew_until: z.string().optional(),
  /** By checkpoint name. */
  uploads: z.record(z.string(), Upload).optional(),
});
export type CallbackReply = z.infer<typeof CallbackReply>;
