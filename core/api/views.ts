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
  code: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]).describe('For programs: one of errors.md.'),
  message: z.string().describe('What went wrong, for people.'),
  detail: z.string().describe('The same text: older clients read it.'),
  remedy: z.string().optional().describe('What to do about it.'),
  retryable: z.boolean().describe('Whether the same request may succeed later.'),
  request_id: z.string().describe('For whoever runs the installation: it stands in the log.'),
  fields: z
    .array(z.object({ field: z.string().describe('Its path, e.g. `limits.steps`.'), message: z.string() }))
    .optional()
    .describe('What is wrong with each field; `message` then only names them.'),
});

/** What API Gateway says itself, before any of our functions is asked: nobody can give these answers another form. */
export const GatewayError = z
  .object({ message: z.string().describe('The status in words.') })
  .meta({ description: 'Of API Gateway itself, not of Patchbay: it has no `code`.', not: { required: ['code'] } });

export const AttemptView = z.object({
  n: z.int().describe('Its number in the job, from 1.'),
  round: z.int().describe('1: there are no further rounds yet.'),
  status: z
    .enum(attemptStatuses)
    .describe('Ends are `solved` (there is a diff), `empty` (nothing was changed), `failed` and `cancelled`.'),
  phase: z.string().nullable().describe('What it is doing; null at its end.'),
  model: z.string().describe('`provider/model`.'),
  strategy: z.string().describe('One of `options.strategies`, or `default`.'),
  replay: z.boolean().describe('Its turns are recorded, not made by a model.'),
  sandbox_id: z.string().nullable().describe('Of the sandbox that solves; null before there is one.'),
  steps: z.int().describe('Commands that its agent has run so far.'),
  cost_usd: z.number().describe('Of its model calls: what limits.cost_usd caps.'),
  diff: z
    .object({
      files: z.int().describe('Files that it changes.'),
      insertions: z.int().describe('Lines added.'),
      deletions: z.int().describe('Lines removed.'),
      tests: ChangedTests.nullable().describe(
        'Existing test files that the diff changes, moves or deletes, by their paths: a pointer, no judgement. Null where it was not counted.',
      ),
    })
    .nullable()
    .describe('What its diff changes; null while there is none.'),
  verified: z.boolean().describe('A fresh sandbox applied the diff and ran everything that it was to run.'),
  failure: Failure.nullable().describe('Why it failed.'),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable(),
});
export type AttemptView = z.infer<typeof AttemptView>;

/** Fields that show one attempt, as older clients expect. */
const single = 'Of the approved attempt, the winner, or the only one:';

/** A job's snapshot. The names that older chat clients read stay: the single-value ones are of the winner or only attempt. */
export const JobView = z.object({
  id: JobId,
  session_id: SessionId,
  issue_id: IssueId,
  status: z
    .enum(jobStatuses)
    .describe('Ends are `completed`, `rejected`, `failed` and `cancelled`; `awaiting_review` waits for a person.'),
  phase: z
    .string()
    .nullable()
    .describe(
      'While running: provisioning, preparing, planning, solving, testing, collecting, verifying or judging, where the last of its attempts is.',
    ),
  seq: z.int().describe('The end of the log that this snapshot covers: apply events after it.'),
  round: z.int().describe('1: there are no further rounds yet.'),
  repository: Repository,
  base_sha: z.string().nullable().describe('The commit that is solved on; null until the job is dispatched.'),
  options: SolveOptions.describe('As they were asked for, with the defaults filled in.'),
  waiting: z
    .object({
      position: z.int().describe('Place in the line of the tenant, from 1.'),
      eta_seconds: z.int().nullable().describe('A guess; null without anything to guess from.'),
      since: z.string(),
    })
    .nullable()
    .describe('While it is queued for want of a free sandbox.'),
  attempts: z.array(AttemptView).describe('Empty until the job is dispatched.'),
  verdict: Verdict.nullable().describe('The judge’s ranking, once all attempts have ended.'),
  artifacts: z.array(Artifact).describe('What is stored so far.'),
  failure: Failure.nullable().describe('Why it failed.'),
  review: Review.nullable().describe('The decision about a job that awaited review.'),
  cost_usd: z.number().describe('Of models and sandboxes together; `costs` tells them apart.'),
  costs: z
    .object({ models_usd: z.number(), sandboxes_usd: z.number(), sandbox_seconds: z.number() })
    .describe('So far, of all attempts.'),
  retry_of: JobId.nullable().describe('The ended job that this one solves once more.'),
  created_at: z.string(),
  started_at: z.string().nullable(),
  finished_at: z.string().nullable().describe('When its work ended: for a review it is set before the decision.'),
  sandbox_id: z.string().nullable().describe(`${single} its sandbox.`),
  agent_run_id: z.string().nullable().describe(`${single} its id.`),
  logs_url: z.string().nullable().describe(`${single} its log, as a path after the API’s address.`),
  diff_snapshot_url: z.string().nullable().describe(`${single} its diff, as a path after the API’s address.`),
  error_message: z.string().nullable().describe('The message of `failure`.'),
  progress: z
    .object({
      runs_total: z.int(),
      runs_completed: z.int().describe('Solved or empty.'),
      runs_failed: z.int().describe('Failed or cancelled.'),
      runs_running: z.int(),
      message: z.string().describe('Where the job is, in a sentence for people.'),
    })
    .describe('Its attempts, counted.'),
});
export type JobView = z.infer<typeof JobView>;

/** A chat line, or a milestone of a job shown as one: `id` is stable (`<job>:<seq>`), so both ways of reading merge. */
export const MessageView = Message.omit({ role: true }).extend({
  id: z
    .string()
    .describe('Of a milestone `<job>:<seq>`: whoever hears its event on the socket can tell that it is the same.'),
  role: z.enum(['user', 'system', 'milestone']).describe('`milestone`: an event of a job’s log, shown as a line.'),
  seq: z.int().optional().describe('Of a milestone: its place in the job’s log.'),
  type: z.string().optional().describe('Of a milestone: the type of its event.'),
});
export type MessageView = z.infer<typeof MessageView>;

export const SessionView = Session.omit({ tenant: true, user: true });
export const IssueView = Issue.omit({ tenant: true });
export const SessionDetail = SessionView.extend({
  messages: z
    .array(MessageView)
    .describe('The newest 200 that people said, and milestones of `jobs`; in order of time.'),
  issues: z.array(IssueView).describe('The newest 100, the oldest of them first.'),
  jobs: z.array(JobView).describe('The newest 20, newest first; `GET /solver/jobs?session_id=` has all.'),
});

export const CreateSession = z.strictObject({ title: z.string().min(1).max(200).default('New session') });
export const CreateMessage = z.strictObject({
  text: z
    .string()
    .min(1)
    .max(16_000)
    .describe(
      '`/solve <issue> [xN]` in it starts a job: the issue by its id, #number or place in the list; N attempts.',
    ),
});
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

const comment = z.string().min(1).max(caps.reviewComment).optional().describe('Kept with the decision.');
export const ReviewBody = z.discriminatedUnion('decision', [
  z.strictObject({
    decision: z.literal('approve'),
    attempt: z.int().min(1).max(99).optional().describe('Whose diff; the winner unless another is named.'),
    comment,
  }),
  z.strictObject({ decision: z.literal('reject'), comment }),
]);

export const EventPage = z.object({
  events: z.array(JobEvent),
  seq: z.int().describe('The end of the log: while it is over the last event’s, there is more.'),
});
export const AttemptLog = z.object({
  attempt: z.int(),
  after: z.int().describe('Where this text begins, in bytes.'),
  next: z.int().describe('Where to go on: the next `after`.'),
  text: z.string(),
  complete: z.boolean().describe('Nothing follows any more.'),
});
export type AttemptLog = z.infer<typeof AttemptLog>;

export const Ticket = z.object({
  ticket: z.string().describe('Opens one socket, once, as `?ticket=`.'),
  expires_at: z.string(),
});

export const CreatedJob = z.object({ job: JobView });
export const SolveBody = SolveOptions;
