import { expect } from 'vitest';
import type { JobView } from '#core/api/views';
import { attemptTransitions, hasAttemptEnded, hasJobEnded, jobTransitions } from '#core/job/lifecycle';
import type { JobEvent } from '#core/job/milestone';
import type { ApiClient } from '../../bin/client/api-client.ts';
import type { JobDriver } from './job-driver.ts';

/**
 * What holds for every job that has come to an end or to its review, whatever happened to it: its log is gapless and
 * says each thing once, it went by legal transitions only and ended once, all its attempts have ended, and its manifest
 * is stored if it ever ran.
 */
export async function expectSoundJob(
  { api, events }: Pick<JobDriver, 'events'> & { api: ApiClient },
  jobId: string,
): Promise<JobView> {
  const job = await api.call('getJob', { params: { job_id: jobId } });
  const log = await events(jobId);

  expect(
    log.map(({ seq }) => seq),
    'the log is gapless',
  ).toEqual(log.map((_, index) => index + 1));
  const sources = log.map(({ src, src_seq }) => `${src} ${src_seq}`);
  expect(new Set(sources).size, 'each event stands in the log once').toBe(sources.length);
  expectWay(log, 'job', jobTransitions, job.status);
  for (const { n, status } of job.attempts) expectWay(log, `attempt-${n}`, attemptTransitions, status);
  expect(hasJobEnded(job.status) || job.status === 'awaiting_review', `${job.status} is an end`).toBe(true);
  expect(
    job.attempts.filter(({ status }) => !hasAttemptEnded(status)),
    'every attempt has ended',
  ).toEqual([]);
  if (job.attempts.some(({ started_at }) => started_at !== null))
    expect(job.artifacts.filter(({ name }) => name.endsWith('/manifest.json'))).not.toEqual([]);
  if (job.status === 'failed') expect(job.failure?.remedy, 'a failure says what to do').not.toBe('');
  return job;
}

/** The statuses of one row as the log tells them: in the order of its versions, each legal after the one before. */
function expectWay(log: JobEvent[], src: string, legal: Record<string, readonly string[]>, now: string): void {
  const way = log.filter((event) => event.src === src);
  expect(
    way.map(({ src_seq }) => src_seq),
    `versions of ${src}`,
  ).toEqual(way.map((_, index) => index + 1));
  const statuses = way.map(({ data }) => String(data.status));
  for (const [index, status] of statuses.entries())
    if (index > 0) expect(legal[statuses[index - 1] ?? ''], `${src}: ${statuses.join(' → ')}`).toContain(status);
  expect(statuses.at(-1), `${src} as the log says`).toBe(now);
}
