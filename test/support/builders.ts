import { base32, sandboxKey } from '#core/ids';
import { Attempt, Job, SandboxRow } from '#core/job/job';
import type { JobEvent, NewEvent } from '#core/job/milestone';
import { SolveOptions } from '#core/job/options';
import { Issue, Message, Session } from '#core/job/session';
import type { AttemptToken } from '#core/ports/attempt-tokens';
import type { Connection, Ticket } from '#core/ports/live';

/** Valid things with defaults; each takes overrides. What belongs together by default does: one job of one issue of one session. */

export const tenant = 'acme';
export const user = 'ada';
const start = '2026-01-05T09:00:00.000Z';
const commit = 'a'.repeat(40);

/** The n-th valid id of a kind: `anId('j', 2)`. The defaults below use number 1. */
export function anId(prefix: 's' | 'i' | 'j' | 'm', n = 1): string {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(12, n);
  return prefix + base32(bytes);
}

export const aRepository = (overrides: Partial<Job['repository']> = {}) => ({
  url: 'https://git.example.com/acme/shop.git',
  ...overrides,
});

export const aSession = (overrides: Partial<Session> = {}): Session =>
  Session.parse({ id: anId('s'), tenant, user, title: 'Shop', created_at: start, ...overrides });

export const aMessage = (overrides: Partial<Message> = {}): Message =>
  Message.parse({
    id: anId('m'),
    session_id: anId('s'),
    role: 'user',
    text: 'Prices are off by one cent.',
    created_at: start,
    ...overrides,
  });

export const anIssue = (overrides: Partial<Issue> = {}): Issue =>
  Issue.parse({
    id: anId('i'),
    tenant,
    session_id: anId('s'),
    title: 'Rounding error in totals',
    body: 'Adding 0.1 and 0.2 gives 0.30000000000000004.',
    repository: aRepository(),
    created_at: start,
    ...overrides,
  });

/** Options with their defaults filled in. */
export const options = (overrides: Partial<SolveOptions> = {}): SolveOptions => SolveOptions.parse(overrides);

/** Queued, unless `status` says more: then base_sha, dispatch, started_at, deadline and finished_at fit it. */
export function aJob(overrides: Partial<Job> = {}): Job {
  const status = overrides.status ?? 'queued';
  const chosen = overrides.options ?? options();
  const dispatched = status !== 'queued';
  const ended = ['completed', 'rejected', 'failed', 'cancelled'].includes(status);
  return Job.parse({
    id: anId('j'),
    tenant,
    session_id: anId('s'),
    issue_id: anId('i'),
    user,
    request_hash: '0'.repeat(64),
    status,
    v: dispatched ? 2 : 1,
    transitions: [{ v: 1, to: 'queued', at: start }, ...(dispatched ? [{ v: 2, to: status, at: start }] : [])],
    options: chosen,
    repository: aRepository(),
    plan: Array.from({ length: chosen.attempts }, () => ({ model: 'replay/demo', strategy: 'default' })),
    round: 1,
    dispatch: dispatched ? 1 : 0,
    first_attempt: 1,
    created_at: start,
    ...(dispatched && { base_sha: commit, started_at: start }),
    ...(status === 'running' && {
      deadline: '2026-01-05T11:00:00.000Z',
      execution_arn: `arn:aws:states:us-east-1:000000000000:execution:solve:${overrides.id ?? anId('j')}-1-1`,
    }),
    ...(ended && { finished_at: '2026-01-05T09:20:00.000Z' }),
    ...overrides,
  });
}

export function anAttempt(overrides: Partial<Attempt> = {}): Attempt {
  const status = overrides.status ?? 'waiting';
  const started = status !== 'waiting';
  return Attempt.parse({
    job_id: anId('j'),
    tenant,
    n: 1,
    round: 1,
    slot: (overrides.n ?? 1) - 1,
    status,
    v: started ? 2 : 1,
    transitions: [{ v: 1, to: 'waiting', at: start }, ...(started ? [{ v: 2, to: status, at: start }] : [])],
    model: 'replay/demo',
    strategy: 'default',
    usage: { calls: 0, cost_usd: 0, input: 0, output: 0, cached: 0 },
    created_at: start,
    ...(started && { started_at: start, sandbox_id: 'sbx1', deadline: '2026-01-05T09:37:00.000Z' }),
    ...overrides,
  });
}

export const aSandboxRow = (overrides: Partial<SandboxRow> = {}): SandboxRow =>
  SandboxRow.parse({
    job_id: anId('j'),
    tenant,
    key: sandboxKey('solve', overrides.attempt ?? 1),
    attempt: 1,
    round: 1,
    dispatch: 1,
    nonce: 'nonce-1',
    state: 'creating',
    created_at: start,
    ...overrides,
  });

/** The first of `solve-1@1`, unless told otherwise. */
export const aNewEvent = (overrides: Partial<NewEvent> = {}): NewEvent => ({
  src: 'solve-1@1',
  src_seq: 1,
  type: 'sandbox_ready',
  at: start,
  data: {},
  ...overrides,
});

export const aJobEvent = (overrides: Partial<JobEvent> = {}): JobEvent => ({ seq: 1, ...aNewEvent(), ...overrides });

export const anAttemptToken = (overrides: Partial<AttemptToken> = {}): AttemptToken => ({
  sha256: 'b'.repeat(64),
  tenant,
  job_id: anId('j'),
  session_id: anId('s'),
  key: 'X#1#solve',
  attempt: 1,
  round: 1,
  dispatch: 1,
  gateway: { model: 'replay/demo', cost_usd: 1.5, steps: 100 },
  expires_at: '2026-01-05T10:00:00.000Z',
  ...overrides,
});

export const aTicket = (overrides: Partial<Ticket> = {}): Ticket => ({
  sha256: 'c'.repeat(64),
  tenant,
  user,
  session_id: anId('s'),
  auth_exp: '2026-01-05T10:00:00.000Z',
  expires_at: '2026-01-05T09:00:30.000Z',
  ...overrides,
});

export const aConnection = (overrides: Partial<Connection> = {}): Connection => ({
  id: 'socket-1=',
  tenant,
  user,
  session_id: anId('s'),
  auth_exp: '2026-01-05T10:00:00.000Z',
  ...overrides,
});
