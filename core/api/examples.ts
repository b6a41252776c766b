import type * as z from 'zod';
import { cancellingJob, ids, judgedJob, patch, queuedJob, repository, times } from './example-job.ts';
import type { RouteName, routes } from './routes.ts';

type Row<K extends RouteName> = (typeof routes)[K];
type Body<S> = S extends z.ZodType ? { body: z.input<S> } : object;
type Answer<S> = S extends z.ZodType ? { answer: z.output<S> } : object;
type Examples = { [K in RouteName]: Body<Row<K>['body']> & Answer<Row<K>['success']['body']> };

const session = { id: ids.session, title: 'Shop', created_at: times.filed };
const issue = {
  id: ids.issue,
  session_id: ids.session,
  title: 'Totals are rounded twice',
  body: 'An order of 3 × 0.35 shows 1.06.',
  repository,
  created_at: times.filed,
};
const message = {
  id: 'mptgz6jfebzsdoxrlgqnbqrmkts',
  session_id: ids.session,
  role: 'user',
  created_at: times.filed,
} as const;
const review = {
  decision: 'approve',
  attempt: 1,
  comment: 'Good.',
  by: 'ada',
  at: '2026-03-02T10:00:00.000Z',
} as const;

/** What is sent to each route, and what it answers, for OpenAPI. A test parses all of it. */
const examples: Examples = {
  createSession: { body: { title: 'Shop' }, answer: session },
  listSessions: { answer: { sessions: [session] } },
  getSession: {
    answer: { ...session, messages: [{ ...message, text: 'Prices are off.' }], issues: [issue], jobs: [] },
  },
  createMessage: {
    body: { text: '/solve 1 x1' },
    answer: { message: { ...message, text: '/solve 1 x1', job_id: ids.job }, job: queuedJob },
  },
  createIssue: { body: { title: issue.title, body: issue.body, repository }, answer: issue },
  listIssues: { answer: { issues: [issue] } },
  getIssue: { answer: issue },
  solve: { body: { attempts: 1, test_command: 'npm test' }, answer: { job: queuedJob } },
  listJobs: { answer: { jobs: [judgedJob] } },
  getJob: { answer: judgedJob },
  listEvents: {
    answer: {
      events: [{ seq: 1, type: 'job_status', at: times.filed, src: 'job', src_seq: 1, data: { status: 'queued' } }],
      seq: 1,
    },
  },
  listArtifacts: { answer: { artifacts: [patch] } },
  getArtifact: {},
  cancelJob: { answer: cancellingJob },
  reviewJob: {
    body: { decision: 'approve', comment: 'Good.' },
    answer: { ...judgedJob, status: 'completed', seq: 59, review },
  },
  retryJob: { answer: { job: { ...queuedJob, id: 'jqwb5pdkhx6pygpan2rlykei4ii', retry_of: ids.job } } },
  cancelAttempt: { answer: { ...cancellingJob, status: 'running', phase: 'solving' } },
  readLog: {
    answer: { attempt: 1, after: 0, next: 41, text: '2026-03-02T09:30:02.610Z — preparing —\n', complete: false },
  },
  createTicket: {
    body: { session_id: ids.session },
    answer: { ticket: 'avubp5deixasf2drsac44ololfe55xj6aeyapyipcsvkmvyqfdca', expires_at: '2026-03-02T09:30:30.000Z' },
  },
  getMe: { answer: { sub: 'ada', tenant: 'acme' } },
  getStatus: { answer: { version: '0.1.0', waiting: 0, slots: [{ scope: 'user', used: 1, limit: 8 }] } },
  listModels: {
    answer: {
      default_model: 'anthropic/claude-sonnet-5-5',
      providers: [
        {
          name: 'anthropic',
          kind: 'anthropic',
          models: [
            { name: 'claude-sonnet-5-5', input: 2, output: 10, cached: 0.1, source: 'list price, as of 2026-10' },
          ],
        },
      ],
    },
  },
  callback: {
    body: { from: 1, events: [], hb: { phase: 'solving', steps: 4, cost_usd: 0.04 } },
    answer: { ack: 0, state: 'go', locked: true },
  },
};

export function exampleOf(route: string): { body?: unknown; answer?: unknown } {
  return (examples as Record<string, { body?: unknown; answer?: unknown }>)[route] ?? {};
}
