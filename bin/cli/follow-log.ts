import { setTimeout } from 'node:timers/promises';
import type { ApiClient } from '../client/api-client.ts';

const pollMs = 1_000;

/**
 * The log of an attempt, page by page: what there is, and with `follow` what comes until it is complete or `signal`
 * says enough. @returns whether nothing more can come
 */
export async function* attemptLog(
  api: ApiClient,
  attempt: { jobId: string; n: number; follow: boolean; signal: AbortSignal },
): AsyncGenerator<string, boolean> {
  const params = { job_id: attempt.jobId, n: String(attempt.n) };
  let after = 0;
  for (;;) {
    const { text, next, complete } = await api.call('readLog', { params, query: { after } });
    if (text !== '') yield text;
    if (complete || attempt.signal.aborted) return complete;
    if (next === after) {
      if (!attempt.follow) return false;
      await setTimeout(pollMs, undefined, { signal: attempt.signal }).catch(() => undefined);
    }
    after = next;
  }
}
