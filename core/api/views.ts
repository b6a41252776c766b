import * as z from 'zod';
import { type ErrorCode, errorCodes } from '#core/errors';
import { IssueId, JobId, SessionId } from '#core/ids';
import { Artifact } from '#core/job/artifact';
import { Failure } from '#core/job/job';
import { attemptStatuses, jobStatuses } from '#core/job/lifecycle';
import { JobEvent } from '#core/job/milestone';
import { Repository, SolveOptions } from '#core/job/options';
import { ChangedTests } from '#core/job/patch-tests';
import { Review } from '#core/job/review';
import { Issue, Message, Session } from '#core/job/session';
import { Verdict } from '#core/job/verdict';
import { caps } from '#core/workflow/limits';

/** What the API shows. Requests are strict; readers of these should ignore fields that they do not know. */

export const ErrorBody = z.object({
  code: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
  /** The same text: older clients read it. */
  detail: z.string(),
  remedy: z.string().optional(),
  retryable: z.boolean(),
  request_id: z.string(),
  fields: z
    .array(z.object({ field: z.string(), message: z.string() }))
    .optional()
    .describe('What is wrong with each field; `message` then only names them.'),
});

/** What API Gateway says itself, before any of our functions is asked: nobody can give these answers another form. */
export const GatewayError = z
  .object({ message: z.string().describe('The status in words.') })
  .meta({ description: 'Of API Gateway itself, not of Patchbay: it has no `code`.', not: { required: ['code'] } });

export const AttemptView = z.object({
  n: z.int(),
  round: z.int(),
  status: z.enum(attemptStatuses),
  phase: z.string().nullable(),
  model: z.string(),
  strategy: z.string(),
  /** Turns are recorded, not made by a model. */
  replay: z.boolean(),
  sandbox_id: z.string().nullable(),
  steps: z.int(),
  cost_usd: z.number().describe('Of its model calls: what limits.cost_usd caps.'),
  diff: z
    .object({
      files: z.int(),
      insertions: z.int(),
      deletions: z.int(),
      tests: ChangedTests.nullable().describe(
        'Existing test files that the diff changes, moves or deletes, by their paths: a pointer, no judgement. Null where it was not counted.',
      ),
    })
    .nullable(),
  verified: z.boolean(),
  failure: Failure.nullable(),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
});
export type AttemptView = z.infer<typeof AttemptView>;

/** A job's snapshot. The names that older chat clients read stay: the single-value ones are of the winner or only attempt. */
export const JobView = z.object({
  id: JobId,
  session_id: SessionId,
  issue_id: IssueId,
  status: z.enum(jobStatuses),
  phase: z.string().nullable(),
  /** The log's tail, read before the rows: apply events after it. */
  seq: z.int(),
  round: z.int(),
  repository: Repository,
  base_sha: z.string().nullable(),
  options: SolveOptions,
  /** While queued: place in the tenant's line from 1, a guess of the wait, and the scope that is full. */
  waiting: z.object({ position: z.int(), eta_seconds: z.int().nullable(), since: z.string() }).nullable(),
  attempts: z.array(AttemptView),
  verdict: Verdict.nullable(),
  artifacts: z.array(Artifact),
  failure: Failure.nullable(),
  review: Review.nullable().describe('The decision about a job that awaited review.'),
  cost_usd: z.number().describe('Of models and sandboxes together; `costs` tells them apart.'),
  costs: z.object({ models_usd: z.number(), sandboxes_usd: z.number(), sandbox_seconds: z.number() }),
  retry_of: JobId.nullable(),
  created_at: z.string(),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
  sandbox_id: z.string().nullable(),
  agent_run_id: z.string().nullable(),
  logs_url: z.string().nullable(),
  diff_snapshot_url: z.string().nullable(),
  error_message: z.string().nullable(),
  progress: z.object({
    runs_total: z.int(),
    runs_completed: z.int(),
    runs_failed: z.int(),
    runs_running: z.int(),
    message: z.string(),
  }),
});
export type JobView = z.infer<typeof JobView>;

/** A chat line, or a milestone of a job shown as one: `id` is stable (`<job>:<seq>`), so both ways of reading merge. */
export const MessageView = Message.omit({ role: true }).extend({
  role: z.enum(['user', 'system', 'milestone']),
  seq: z.int().optional(),
  type: z.string().optional(),
});
export type MessageView = z.infer<typeof MessageView>;

export const SessionView = Session.omit({ tenant: true, user: true });
export const IssueView = Issue.omit({ tenant: true });
export const SessionDetail = SessionView.extend({
  messages: z.array(MessageView),
  issues: z.array(IssueView),
  jobs: z.array(JobView),
});

export const CreateSession = z.strictObject({ title: z.string().min(1).max(200).default('New session') });
export const CreateMessage = z.strictObject({ text: z.string().min(1).max(16_000) });
export const CreateIssue = z.strictObject({
  title: Issue.shape.title,
  body: Issue.shape.body.default(''),
  number: Issue.shape.number,
  url: z
    .url({ protocol: /^https?$/ })
    .max(500)
    .optional()
    .describe('Where the issue is read by people: an http or https address. Clients show it as a link.'),
  // As strict as the rest of a request: a `branch` that is dropped would solve the issue on another one.
  repository: z.strictObject(Repository.shape),
});

const comment = z.string().min(1).max(caps.reviewComment).optional();
export const ReviewBody = z.discriminatedUnion('decision', [
  z.strictObject({
    decision: z.literal('approve'),
    attempt: z.int().min(1).max(99).optional().describe('Whose diff; the winner unless another is named.'),
    comment,
  }),
  z.strictObject({ decision: z.literal('reject'), comment }),
]);

export const EventPage = z.object({ events: z.array(JobEvent), seq: z.int() });
/** A stretch of an attempt's log, in bytes: go on from `next` until it is `complete`. */
export const AttemptLog = z.object({
  attempt: z.int(),
  after: z.int(),
  next: z.int(),
  text: z.string(),
  complete: z.boolean(),
});
export type AttemptLog = z.infer<typeof AttemptLog>;

export const Ticket = z.object({ ticket: z.string(), expires_at: z.string() });

/** Messages a client sends over the socket. */
export const ClientMessage = z.discriminatedUnion('action', [
  z.strictObject({ action: z.literal('subscribe'), job_id: JobId.optional(), after: z.int().nonnegative().optional() }),
  z.strictObject({ action: z.literal('sync'), job_id: JobId, after: z.int().nonnegative() }),
  z.strictObject({ action: z.literal('ping') }),
  z.strictObject({ action: z.literal('reauth'), ticket: z.string() }),
]);
export type ClientMessage = z.infer<typeof ClientMessage>;

/** Messages the server sends: events of a job's log, and answers. At most 4 KB. */
export const ServerMessage = z.discriminatedUnion('type', [
  z.object({
    v: z.literal(1),
    type: z.literal('event'),
    session_id: SessionId,
    job_id: JobId,
    seq: z.int(),
    at: z.string(),
    data: JobEvent,
  }),
  /** After subscribe and sync: the log's tail; events up to it have been sent before, unless `more`. */
  z.object({
    v: z.literal(1),
    type: z.literal('synced'),
    session_id: SessionId,
    job_id: JobId.optional(),
    seq: z.int(),
    at: z.string(),
    data: z.object({ more: z.boolean() }),
  }),
  z.object({ v: z.literal(1), type: z.literal('pong'), session_id: SessionId, at: z.string() }),
  z.object({
    v: z.literal(1),
    type: z.literal('error'),
    session_id: SessionId,
    at: z.string(),
    data: z.object({ code: z.string(), message: z.string() }),
  }),
]);
export type ServerMessage = z.infer<typeof ServerMessage>;

export const CreatedJob = z.object({ job: JobView });
export const SolveBody = SolveOptions;
