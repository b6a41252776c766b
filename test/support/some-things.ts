import type { ApiClient } from '../../bin/client/api-client.ts';

/** Ids by the names of paths' parameters. */
export interface Things {
  id: string;
  issue_id: string;
  job_id: string;
}

/** A session with an issue against this repository, and a job, asked for under the Idempotency-Key `first`. */
export async function someThings(api: ApiClient, repositoryUrl: string): Promise<Things> {
  const { id } = await api.call('createSession', { body: {} });
  const body = { title: 'Any', repository: { url: repositoryUrl } };
  const issue = await api.call('createIssue', { params: { id }, body });
  const params = { id, issue_id: issue.id };
  const { job } = await api.call('solve', { params, body: {}, idempotencyKey: 'first' });
  return { ...params, job_id: job.id };
}
