import type { RouteName } from '#core/api/routes';
import type { ErrorCode } from '#core/errors';
import { randomId } from '#core/ids';
import { caps } from '#core/workflow/limits';
import type { LiveCall } from './live-call.ts';
import type { Things } from './some-things.ts';

/** What a bad request may name. */
interface At {
  own: Things;
  /** Of another tenant. */
  foreign: Things;
  /** Token of another user of the same tenant. */
  colleague: string;
  /** Of a repository. */
  url: string;
}

/** A request that has to be refused, and how. */
export interface BadRequest {
  of: string;
  route: RouteName;
  call?: (at: At) => LiveCall | Promise<LiveCall>;
  status: number;
  code: ErrorCode;
  fields?: string[];
  says?: RegExp;
}

const issueBody = (change: object) => (at: At) => ({ body: { title: 'Any', repository: { url: at.url }, ...change } });
const options = (body: object) => () => ({ body, headers: { 'idempotency-key': randomId('k') } });
const refused = (of: string, route: RouteName, call: BadRequest['call'], fields: string[]): BadRequest => {
  return { of, route, ...(call && { call }), status: 400, code: 'invalid_request', fields };
};
const absent = (of: string, route: RouteName, params: (at: At) => Partial<Things>): BadRequest => {
  return {
    of,
    route,
    call: (at) => ({ params: { ...at.own, ...params(at) } }),
    status: 404,
    code: 'not_found',
    says: /Check the id/,
  };
};

export const badRequests: BadRequest[] = [
  absent('an unknown session', 'getSession', () => ({ id: randomId('s') })),
  absent('an id that is none', 'getSession', () => ({ id: 'constructor' })),
  absent('an unknown issue', 'solve', () => ({ issue_id: randomId('i') })),
  absent('an issue of another session', 'getIssue', ({ foreign }) => ({ issue_id: foreign.issue_id })),
  absent('an unknown job', 'getJob', () => ({ job_id: randomId('j') })),
  absent('somebody else’s session', 'getSession', ({ foreign }) => foreign),
  absent('somebody else’s issue', 'solve', ({ foreign }) => foreign),
  absent('somebody else’s job', 'getJob', ({ foreign }) => foreign),
  {
    of: 'the job of a colleague',
    route: 'getJob',
    call: ({ colleague }) => ({ token: colleague }),
    status: 404,
    code: 'not_found',
  },
  absent('the log of somebody else’s job', 'listEvents', ({ foreign }) => foreign),
  absent('the cancel of somebody else’s job', 'cancelJob', ({ foreign }) => foreign),
  {
    of: 'the cancel of an attempt that there is not',
    route: 'cancelAttempt',
    call: ({ own }) => ({ params: { ...own, n: '9' } }),
    status: 404,
    code: 'not_found',
    says: /Check the id/,
  },
  {
    of: 'the review of somebody else’s job',
    route: 'reviewJob',
    call: ({ foreign }) => ({ params: { ...foreign }, body: { decision: 'approve' } }),
    status: 404,
    code: 'not_found',
    says: /Check the id/,
  },
  absent('the retry of somebody else’s job', 'retryJob', ({ foreign }) => foreign),
  refused('a decision that there is not', 'reviewJob', () => ({ body: { decision: 'maybe' } }), ['decision']),
  {
    of: 'a ticket for somebody else’s session',
    route: 'createTicket',
    call: ({ foreign }) => ({ body: { session_id: foreign.id } }),
    status: 404,
    code: 'not_found',
  },
  refused('no attempts', 'solve', options({ attempts: 0 }), ['attempts']),
  refused('nine attempts', 'solve', options({ attempts: 9 }), ['attempts']),
  refused('half an attempt', 'solve', options({ attempts: 1.5 }), ['attempts']),
  refused('too few steps', 'solve', options({ limits: { steps: 4 } }), ['limits.steps']),
  refused('too little money and time', 'solve', options({ limits: { cost_usd: 0, wall_seconds: 119 } }), [
    'limits.cost_usd',
    'limits.wall_seconds',
  ]),
  refused('a model without its provider', 'solve', options({ models: ['sample'] }), ['models.0']),
  refused('an unknown option', 'solve', options({ attemps: 2 }), ['attemps']),
  refused('an unknown status', 'listJobs', () => ({ query: { status: 'done' } }), ['status']),
  refused('a cursor that is none', 'listJobs', () => ({ query: { cursor: 'no cursor' } }), ['cursor']),
  refused('an empty title', 'createIssue', issueBody({ title: '' }), ['title']),
  refused('a title too long', 'createIssue', issueBody({ title: 'x'.repeat(caps.issueTitle + 1) }), ['title']),
  refused(
    'a repository with a password',
    'createIssue',
    issueBody({ repository: { url: 'https://me:pass@github.com/a/b' } }),
    ['repository.url'],
  ),
  refused('a repository of another protocol', 'createIssue', issueBody({ repository: { url: 'file:///etc/passwd' } }), [
    'repository.url',
  ]),
  refused('broken JSON', 'createSession', () => ({ body: '{"title": ' }), ['body']),
  refused('JSON that is no object', 'createSession', () => ({ body: '[]' }), ['(whole)']),
  refused(
    'an Idempotency-Key too long',
    'createSession',
    () => ({ body: {}, headers: { 'idempotency-key': 'k'.repeat(201) } }),
    ['Idempotency-Key'],
  ),
  {
    of: 'an unknown provider',
    route: 'solve',
    call: options({ models: ['nobody/model'] }),
    status: 422,
    code: 'unprocessable',
    fields: ['models'],
    says: /providers: replay, scripted/,
  },
  {
    of: 'more money than the day has',
    route: 'solve',
    call: options({ attempts: 8, limits: { cost_usd: 100 } }),
    status: 402,
    code: 'budget_refused',
    says: /lower limits.cost_usd/,
  },
  {
    of: 'a body too large',
    route: 'createMessage',
    call: () => ({ body: { text: 'x'.repeat(caps.callbackBytes) } }),
    status: 413,
    code: 'payload_too_large',
    says: /limit/,
  },
  {
    of: 'a command that cannot be read',
    route: 'createMessage',
    call: () => ({ body: { text: '/solve' } }),
    status: 422,
    code: 'unprocessable',
    fields: ['text'],
    says: /Write `\/solve/,
  },
  {
    of: 'a command for an issue that is not there',
    route: 'createMessage',
    call: () => ({ body: { text: '/solve 7' } }),
    status: 422,
    code: 'unprocessable',
    fields: ['text'],
  },
  {
    of: 'the same key with another request',
    route: 'solve',
    call: () => ({ body: { attempts: 2 }, headers: { 'idempotency-key': 'first' } }),
    status: 409,
    code: 'conflict',
    says: /new Idempotency-Key/,
  },
  {
    of: 'a runner’s report with a person’s token',
    route: 'callback',
    call: ({ own }) => ({
      params: { attempt_id: `${own.job_id}.1` },
      body: { from: 1, events: [], hb: { phase: 'solving', steps: 0, cost_usd: 0 } },
    }),
    status: 401,
    code: 'unauthorized',
  },
];
