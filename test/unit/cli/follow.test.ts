import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { jobView } from '#core/api/job-view';
import type { JobView } from '#core/api/views';
import { costsOf } from '#core/job/job-costs';
import type { JobStatus } from '#core/job/lifecycle';
import type { JobEvent } from '#core/job/milestone';
import { followToRest } from '../../../bin/cli/follow-to-rest.ts';
import { watchJob } from '../../../bin/cli/watch-job.ts';
import { type ApiClient, ApiError } from '../../../bin/client/api-client.ts';
import { followJob } from '../../../bin/client/live-client.ts';
import { aShell } from '../../support/a-shell.ts';
import { aJob } from '../../support/builders.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const event = (seq: number, status?: string): JobEvent => ({
  seq,
  src_seq: seq,
  src: status ? 'job' : 'solve-1@1',
  type: status ? 'job_status' : 'note',
  at: '2026-01-05T09:00:00.000Z',
  data: status ? { status } : {},
});
const job = (status: JobStatus, seq = 0) => {
  return jobView({ seq, job: aJob({ status }), attempts: [], costs: costsOf([], [], 0), waiting: null });
};

/** An API with a log that grows, a job that changes, and answers that fail. */
function anApi(log: JobEvent[], jobs: JobView[] = [job('running')]) {
  const failures: Error[] = [];
  const calls: string[] = [];
  const call = async (name: string, { query }: { query?: { after: number; limit: number } }) => {
    calls.push(name);
    const failure = failures.shift();
    if (failure) throw failure;
    if (name === 'listModels') return { default_model: 'own/qwen', providers: [] };
    if (name === 'cancelJob') log.push(event(log.length + 1, 'cancelled'));
    if (name !== 'listEvents') return jobs.length > 1 ? jobs.shift() : jobs[0];
    return { events: log.filter(({ seq }) => seq > (query?.after ?? 0)).slice(0, query?.limit) };
  };
  return { api: { call } as never as ApiClient, failures, calls };
}

const refused = (status: number, retryable: boolean) =>
  new ApiError(status, { code: 'internal', message: 'No.', detail: 'No.', retryable, request_id: 'r' });

async function collect(api: ApiClient, until: number): Promise<number[]> {
  const stop = new AbortController();
  const seen: number[] = [];
  for await (const { seq } of followJob(api, {
    socketUrl: undefined,
    sessionId: 's',
    jobId: 'j',
    signal: stop.signal,
  })) {
    seen.push(seq);
    if (seq === until) stop.abort();
  }
  return seen;
}

describe('following without a socket', () => {
  it('reads the log at once, page after page, and then every two seconds', async () => {
    const log = Array.from({ length: 250 }, (_, index) => event(index + 1));
    const { api, calls } = anApi(log);

    const following = collect(api, 252);
    await vi.advanceTimersByTimeAsync(0);
    expect(calls).toHaveLength(3);
    log.push(event(251));
    await vi.advanceTimersByTimeAsync(2_000);
    log.push(event(252));
    await vi.advanceTimersByTimeAsync(2_000);

    expect(await following).toEqual(log.map(({ seq }) => seq));
  });

  it('tries again while the API is away, and gives up what it refuses', async () => {
    const { api, failures } = anApi([event(1)]);
    failures.push(new TypeError('fetch failed'), refused(503, true));

    const following = collect(api, 1);
    await vi.advanceTimersByTimeAsync(3_000);

    expect(await following).toEqual([1]);
    failures.push(refused(401, false));
    await expect(collect(api, 1)).rejects.toThrow('No.');
  });

  it('gives up an API that stays away', async () => {
    const { api, failures } = anApi([event(1)]);
    failures.push(...Array.from({ length: 6 }, () => new TypeError('fetch failed')));

    const following = expect(collect(api, 1)).rejects.toThrow('fetch failed');
    await vi.advanceTimersByTimeAsync(60_000);
    await following;
  });
});

describe('following to the rest', () => {
  const follow = (api: ApiClient, from: JobView) => {
    const seen: number[] = [];
    const view = { event: ({ seq }: JobEvent) => seen.push(seq), say: () => {}, end: () => {} };
    return followToRest({ api, socketUrl: undefined, ask: undefined }, from, view, new AbortController().signal).then(
      ({ status }) => ({ status, seen }),
    );
  };

  it('goes past the rest of an earlier round', async () => {
    const log = [event(1, 'running'), event(2, 'awaiting_review'), event(3, 'queued'), event(4, 'failed')];
    const { api } = anApi(log, [job('running', 3), job('failed', 4)]);

    expect(await follow(api, job('running', 3))).toEqual({ status: 'failed', seen: [1, 2, 3, 4] });
  });

  it('shows all of a job that is at rest already', async () => {
    const { api } = anApi([event(1, 'running'), event(2, 'failed'), event(3)], [job('failed', 3)]);

    expect(await follow(api, job('failed', 3))).toEqual({ status: 'failed', seen: [1, 2, 3] });
  });
});

describe('Ctrl-C', () => {
  const connection = (api: ApiClient) => ({ api, socketUrl: undefined, ask: undefined });

  it('cancels the job and shows its end', async () => {
    const { api, calls } = anApi([event(1, 'running')], [job('cancelling'), job('cancelled', 2)]);
    const shell = aShell();

    const watching = watchJob(shell, connection(api), job('running'), { json: false, cancels: true });
    await vi.advanceTimersByTimeAsync(0);
    shell.press();
    await vi.advanceTimersByTimeAsync(2_000);

    expect(await watching).toBe(3);
    expect(calls).toContain('cancelJob');
    expect(shell.stderr).toContain('Cancelling job j');
    expect(shell.stdout).toContain('Cancelled');
  });

  it('leaves at once the second time, or where the job is only watched', async () => {
    const { api, calls } = anApi([event(1, 'running')]);
    const shell = aShell();
    const watching = watchJob(shell, connection(api), job('running'), { json: false, cancels: true });
    shell.press();
    shell.press();
    expect(await watching).toBe(130);
    expect(shell.stderr).toContain('is being cancelled: npm run solve -- watch');

    const other = aShell();
    const watched = watchJob(other, connection(api), job('running'), { json: false, cancels: false });
    other.press();
    expect(await watched).toBe(130);
    expect(other.stderr).toContain('goes on: npm run solve -- watch');
    expect(calls.filter((name) => name === 'cancelJob')).toHaveLength(1);
  });
});
