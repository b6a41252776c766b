import * as z from 'zod';
import { AttemptId, IssueId, JobId, SessionId } from '#core/ids';
import { Artifact } from '#core/job/artifact';
import { jobStatuses } from '#core/job/lifecycle';
import { caps } from '#core/workflow/limits';
import { CallbackReply, CallbackRequest } from './callbacks.ts';
import { MeView, ModelsView, StatusView } from './installation-views.ts';
import { type Route, row } from './route.ts';
import {
  AttemptLog,
  CreatedJob,
  CreateIssue,
  CreateMessage,
  CreateSession,
  EventPage,
  IssueView,
  JobView,
  MessageView,
  ReviewBody,
  SessionDetail,
  SessionView,
  SolveBody,
  Ticket,
} from './views.ts';

const session = z.object({ id: SessionId });
const job = z.object({ job_id: JobId });
const attempt = job.extend({ n: z.coerce.number().int().min(1).max(99).describe('Number of the attempt in the job.') });
const page = {
  limit: z.coerce.number().int().min(1).max(100).default(50).describe('At most so many.'),
  cursor: z.string().max(2_000).optional().describe('From the page before, as it was given; 400 for any other.'),
};
const cursor = z.string().optional().describe('For the next page, however short this one is; absent on the last one.');

/**
 * The HTTP API, once: API Gateway's routes, the dispatch inside the functions, OpenAPI and clients are made of these
 * rows.
 */
export const routes = {
  createSession: row('POST', '/sessions', 'Open a session', {
    body: CreateSession,
    keyed: true,
    success: { status: 201, body: SessionView },
  }),
  listSessions: row('GET', '/sessions', 'Your sessions, newest first', {
    query: z.object(page),
    success: { status: 200, body: z.object({ sessions: z.array(SessionView), cursor }) },
  }),
  getSession: row('GET', '/sessions/{id}', 'A session with its newest messages, issues and jobs', {
    params: session,
    success: { status: 200, body: SessionDetail },
  }),
  createMessage: row('POST', '/sessions/{id}/messages', 'Say something; `/solve <issue> [xN]` in it starts a job', {
    params: session,
    body: CreateMessage,
    keyed: true,
    success: { status: 201, body: z.object({ message: MessageView, job: JobView.optional() }) },
    errors: ['conflict', 'unprocessable', 'too_many_requests', 'budget_refused'],
  }),
  createIssue: row('POST', '/sessions/{id}/issues', 'File an issue against a repository', {
    params: session,
    body: CreateIssue,
    keyed: true,
    success: { status: 201, body: IssueView },
  }),
  listIssues: row('GET', '/sessions/{id}/issues', 'The newest 100 issues of a session, the oldest of them first', {
    params: session,
    success: { status: 200, body: z.object({ issues: z.array(IssueView) }) },
  }),
  getIssue: row('GET', '/sessions/{id}/issues/{issue_id}', 'One issue', {
    params: session.extend({ issue_id: IssueId }),
    success: { status: 200, body: IssueView },
  }),
  solve: row(
    'POST',
    '/sessions/{id}/issues/{issue_id}/solve',
    'Solve an issue; repeat with the same Idempotency-Key to get the same job',
    {
      params: session.extend({ issue_id: IssueId }),
      body: SolveBody,
      keyed: true,
      success: { status: 202, repeated: 200, body: CreatedJob },
      errors: ['conflict', 'unprocessable', 'too_many_requests', 'budget_refused'],
    },
  ),
  listJobs: row('GET', '/solver/jobs', 'Jobs, newest first', {
    query: z.object({
      ...page,
      session_id: SessionId.optional().describe('Only those of a session.'),
      status: z.enum(jobStatuses).optional().describe('Only those that are so now.'),
    }),
    success: { status: 200, body: z.object({ jobs: z.array(JobView), cursor }) },
  }),
  getJob: row('GET', '/solver/jobs/{job_id}', 'A job’s snapshot, and the seq of its log that it covers', {
    params: job,
    success: { status: 200, body: JobView },
  }),
  listEvents: row('GET', '/solver/jobs/{job_id}/events', 'The job’s log after a seq', {
    params: job,
    query: z.object({
      after: z.coerce.number().int().min(0).default(0).describe('The last seq that you have.'),
      limit: z.coerce.number().int().min(1).max(500).default(100).describe('At most so many events.'),
    }),
    success: { status: 200, body: EventPage },
  }),
  listArtifacts: row('GET', '/solver/jobs/{job_id}/artifacts', 'Stored files with size and sha256', {
    params: job,
    success: { status: 200, body: z.object({ artifacts: z.array(Artifact) }) },
  }),
  getArtifact: row(
    'GET',
    '/solver/jobs/{job_id}/artifacts/{name+}',
    'A stored file: its bytes up to 1 MB, else a redirect to a short presigned URL',
    {
      params: job.extend({
        name: z
          .string()
          .min(1)
          .max(200)
          .describe('As the list names it, e.g. `1/2/diff.patch`; its slashes may be sent as they are or as %2F.'),
      }),
      success: { status: 200, body: null },
    },
  ),
  cancelJob: row('POST', '/solver/jobs/{job_id}/cancel', 'Cancel a job', {
    params: job,
    success: { status: 202, body: JobView },
    errors: ['conflict'],
  }),
  reviewJob: row(
    'POST',
    '/solver/jobs/{job_id}/review',
    'Approve or reject a job that awaits review; nothing is published, and the same decision again changes nothing',
    {
      params: job,
      body: ReviewBody,
      success: { status: 200, body: JobView },
      errors: ['conflict', 'unprocessable'],
    },
  ),
  retryJob: row(
    'POST',
    '/solver/jobs/{job_id}/retry',
    'Solve the issue of an ended job once more, with its options; repeated, it answers the same new job',
    {
      params: job,
      success: { status: 202, repeated: 200, body: CreatedJob },
      errors: ['conflict', 'unprocessable', 'too_many_requests', 'budget_refused'],
    },
  ),
  cancelAttempt: row(
    'POST',
    '/solver/jobs/{job_id}/attempts/{n}/cancel',
    'Cancel one attempt; the others go on, and the job ends by what they give',
    { params: attempt, success: { status: 202, body: JobView }, errors: ['conflict'] },
  ),
  readLog: row(
    'GET',
    '/solver/jobs/{job_id}/attempts/{n}/logs',
    'The log of an attempt from a byte offset, also while it runs: new text follows within 60 s',
    {
      params: attempt,
      query: z.object({
        after: z.coerce
          .number()
          .int()
          .min(0)
          .max(caps.logBytes)
          .default(0)
          .describe('Bytes that you have: `next` of the answer before.'),
      }),
      success: { status: 200, body: AttemptLog },
    },
  ),
  createTicket: row('POST', '/live/tickets', 'A one-time ticket for the socket of a session', {
    body: z.strictObject({ session_id: SessionId }),
    success: { status: 201, body: Ticket },
  }),
  getMe: row('GET', '/me', 'Who the token speaks for', { success: { status: 200, body: MeView } }),
  getStatus: row('GET', '/status', 'Queue depth, slots and version', { success: { status: 200, body: StatusView } }),
  listModels: row('GET', '/models', 'Models with their prices', { success: { status: 200, body: ModelsView } }),
  callback: row('POST', '/callbacks/attempts/{attempt_id}', 'Not for clients: a runner reports and hears what to do', {
    auth: 'attempt',
    function: 'callbacks',
    params: z.object({ attempt_id: AttemptId }),
    body: CallbackRequest,
    success: { status: 200, body: CallbackReply },
    errors: ['payload_too_large'],
  }),
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;
