import type { JobView } from '#core/api/views';
import { JobId } from '#core/ids';
import type { ApiClient } from '../client/api-client.ts';
import { UsageError } from './usage-error.ts';

const remedy = 'Give a job id or its first characters, or `last`; `npm run solve -- list` shows them.';

/** @param name an id, its beginning, or `last` for the newest @throws UsageError, ApiError */
export async function jobNamed(api: ApiClient, name: string): Promise<JobView> {
  if (JobId.safeParse(name).success) return api.call('getJob', { params: { job_id: name } });
  if (name !== 'last' && !/^j[a-z2-7]{0,25}$/.test(name)) throw new UsageError('<job>', `"${name}" is no job.`, remedy);
  const { jobs } = await api.call('listJobs', { query: { limit: 100 } });
  const found = name === 'last' ? jobs.slice(0, 1) : jobs.filter(({ id }) => id.startsWith(name));
  const [job, other] = found;
  if (job === undefined) throw new UsageError('<job>', `no job of yours is "${name}".`, remedy);
  if (other !== undefined) throw new UsageError('<job>', `${found.length} jobs start with "${name}".`, remedy);
  return job;
}

/**
 * The attempt that a file is wanted of: the one that is named, else the approved one, the winner, the only one.
 * @throws UsageError when it takes a choice
 */
export function attemptOf(job: JobView, named: string | undefined): JobView['attempts'][number] {
  const numbers = job.attempts.map(({ n }) => n).join(', ');
  const choice = numbers === '' ? 'It has none yet.' : `Choose one of ${numbers}: --attempt <n>.`;
  const chosen = job.review?.attempt ?? job.verdict?.winner ?? undefined;
  if (named === undefined && job.attempts.length !== 1 && chosen === undefined)
    throw new UsageError('--attempt', `job ${job.id} is ${job.status} and has no winner.`, choice);
  const n = named === undefined ? (chosen ?? job.attempts[0]?.n) : Number(named);
  const attempt = job.attempts.find((one) => one.n === n);
  if (attempt === undefined) throw new UsageError('--attempt', `job ${job.id} has no attempt "${named ?? n}".`, choice);
  return attempt;
}

/** A stored file of an attempt. @throws UsageError when there is none (yet) */
export async function attemptFile(api: ApiClient, job: JobView, n: number, file: string): Promise<Uint8Array> {
  const attempt = job.attempts.find((one) => one.n === n);
  const name = `${attempt?.round ?? job.round}/${n}/${file}`;
  if (!job.artifacts.some((artifact) => artifact.name === name)) {
    const when =
      job.finished_at === null
        ? 'Files are stored when an attempt ends: wait, or `watch` it.'
        : 'The attempt left none.';
    throw new UsageError('<job>', `attempt ${n} of ${job.id} (${attempt?.status}) has no ${file}.`, when);
  }
  return api.call('getArtifact', { params: { job_id: job.id, name } });
}

/** @throws UsageError when the attempt changed nothing */
export async function attemptDiff(api: ApiClient, job: JobView, n: number): Promise<Uint8Array> {
  const diff = await attemptFile(api, job, n, 'diff.patch');
  if (diff.length > 0) return diff;
  throw new UsageError('<job>', `attempt ${n} of ${job.id} changed nothing.`, '`logs` shows what it did.');
}
