import type { Catalogue } from '#core/models';
import type { World } from '#core/ports/world';
import { cancelAttempt } from '#core/use-cases/cancel-attempt';
import { cancelJob } from '#core/use-cases/cancel-job';
import { fileIssue } from '#core/use-cases/file-issue';
import { issueTicket } from '#core/use-cases/issue-ticket';
import { listJobs } from '#core/use-cases/list-jobs';
import { listModels } from '#core/use-cases/list-models';
import { listSessions } from '#core/use-cases/list-sessions';
import { openSession } from '#core/use-cases/open-session';
import { fileNameOf, listArtifacts, readArtifact } from '#core/use-cases/read-artifact';
import { readEvents } from '#core/use-cases/read-events';
import { readLog } from '#core/use-cases/read-log';
import { requestSolve } from '#core/use-cases/request-solve';
import { retryJob } from '#core/use-cases/retry-job';
import { reviewJob } from '#core/use-cases/review-job';
import { say } from '#core/use-cases/say';
import { showIssue, showIssues } from '#core/use-cases/show-issues';
import { showJob } from '#core/use-cases/show-job';
import { showSession } from '#core/use-cases/show-session';
import { showStatus } from '#core/use-cases/show-status';
import { snapshot } from '#core/use-cases/snapshot';
import type { Handlers } from '#functions/runtime/http-entry';

/** The ports of the API, and what it alone is told by its environment. */
export type ApiWorld = Omit<World, 'codeHost' | 'sandboxLease' | 'sandboxes'> & {
  catalogue: Catalogue;
  version: string;
  tenantClaim: string;
};

/** Route → use case. Fields that a view does not have are stripped by the route's schema. */
export const handlers: Handlers<ApiWorld, 'api'> = {
  createSession: async (world, { caller, body, idempotencyKey: key }) => ({
    body: await openSession(world, { caller, title: body.title, key }),
  }),
  listSessions: async (world, { caller, query }) => {
    const { items, cursor } = await listSessions(world, { caller, ...query });
    return { body: { sessions: items, ...(cursor && { cursor }) } };
  },
  getSession: async (world, { caller, params }) => ({
    body: await showSession(world, { caller, session_id: params.id }),
  }),
  createMessage: async (world, { caller, params, body, idempotencyKey: key }) => {
    const { message, job } = await say(world, { caller, session_id: params.id, text: body.text, key });
    return { body: { message, ...(job && { job: await snapshot(world, job) }) } };
  },
  createIssue: async (world, { caller, params, body, idempotencyKey: key }) => ({
    body: await fileIssue(world, { caller, session_id: params.id, issue: body, key }),
  }),
  listIssues: async (world, { caller, params }) => ({
    body: { issues: await showIssues(world, { caller, session_id: params.id }) },
  }),
  getIssue: async (world, { caller, params }) => ({
    body: await showIssue(world, { caller, session_id: params.id, issue_id: params.issue_id }),
  }),
  solve: async (world, { caller, params, body, idempotencyKey: key }) => {
    const request = { caller, session_id: params.id, issue_id: params.issue_id, options: body, key };
    const { job, created } = await requestSolve(world, request);
    return { body: { job: await snapshot(world, job) }, repeated: !created };
  },
  listJobs: async (world, { caller, query }) => ({ body: await listJobs(world, { caller, ...query }) }),
  getJob: async (world, { caller, params }) => ({ body: await showJob(world, { caller, ...params }) }),
  listEvents: async (world, { caller, params, query }) => ({
    body: await readEvents(world, { caller, ...params, ...query }),
  }),
  listArtifacts: async (world, { caller, params }) => ({
    body: { artifacts: await listArtifacts(world, { caller, ...params }) },
  }),
  getArtifact: async (world, { caller, params }) => {
    const found = await readArtifact(world, { caller, ...params });
    if ('url' in found) return { redirect: found.url };
    const { artifact, bytes } = found;
    return { file: { bytes, contentType: artifact.content_type, fileName: fileNameOf(artifact) } };
  },
  cancelJob: async (world, { caller, params }) => ({
    body: await snapshot(world, await cancelJob(world, { caller, ...params })),
  }),
  reviewJob: async (world, { caller, params, body }) => ({
    body: await snapshot(world, await reviewJob(world, { caller, ...params, review: body })),
  }),
  retryJob: async (world, { caller, params }) => {
    const { job, created } = await retryJob(world, { caller, ...params });
    return { body: { job: await snapshot(world, job) }, repeated: !created };
  },
  cancelAttempt: async (world, { caller, params }) => ({
    body: await snapshot(world, await cancelAttempt(world, { caller, ...params })),
  }),
  readLog: async (world, { caller, params, query }) => ({
    body: await readLog(world, { caller, ...params, ...query }),
  }),
  createTicket: async (world, { caller, body }) => ({
    body: await issueTicket(world, { caller, session_id: body.session_id }),
  }),
  getMe: async (_world, { caller }) => ({ body: { sub: caller.user, tenant: caller.tenant } }),
  getStatus: async (world, { caller }) => ({ body: await showStatus(world, { caller }) }),
  listModels: async (world) => ({ body: listModels(world) }),
};
