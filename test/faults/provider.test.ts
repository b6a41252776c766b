import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JobView } from '#core/api/views';
import { Evidence } from '#core/workflow/runner';
import { eventually } from '../support/eventually.ts';
import { type Journey, startJourney } from '../support/journey.ts';
import { fixTurn, goodTurns, planTurn, submitTurn, thinkingTurn } from '../support/scripted-turns.ts';
import { expectSoundJob } from '../support/sound-job.ts';

let journey: Journey;
beforeAll(async () => {
  journey = await startJourney({ timeScale: 5 });
});
afterAll(() => journey?.stop());
afterEach(async () => {
  await admin('DELETE', 'faults');
  await eventually('nothing is held any more', async () => (await journey.held()) === 0, 120);
});

/** Steers the sandbox server as its README says. */
async function admin(method: string, path: string, body?: unknown): Promise<unknown> {
  const { url, apiKey } = journey.stack.e2b;
  const response = await fetch(`${url}/_admin/${path}`, {
    method,
    headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(response.status).toBeLessThan(300);
  return await response.json();
}
const fault = (operation: string, effect: object, more: object = {}) =>
  admin('POST', 'faults', { operation, effect, ...more });

/** Ids of all sandboxes that a job was seen with, by their key. */
function watchSandboxes(): { of(jobId: string): Record<string, number>; stop(): void } {
  const seen = new Map<string, Set<string>>();
  const timer = setInterval(() => {
    for (const { sandboxId, metadata } of journey.stack.e2b.sandboxes()) {
      const key = `${metadata.job_id} ${metadata.sandbox_key}`;
      seen.set(key, (seen.get(key) ?? new Set()).add(sandboxId));
    }
  }, 20);
  return {
    of: (jobId) =>
      Object.fromEntries(
        [...seen].filter(([key]) => key.startsWith(jobId)).map(([key, ids]) => [key.split(' ')[1], ids.size]),
      ),
    stop: () => clearInterval(timer),
  };
}

const isSolved = ({ status }: JobView) => status === 'awaiting_review';

describe('a create', () => {
  it('whose answer is lost leads to one sandbox, which is adopted', async () => {
    const watch = watchSandboxes();
    await fault('create', { kind: 'lose-answer' });
    const { job } = await journey.solve(goodTurns);

    await journey.until(job.id, isSolved);
    watch.stop();

    expect(watch.of(job.id)).toEqual({ 'X#1#solve': 1, 'X#1#verify': 1 });
    await expectSoundJob(journey, job.id);
  });

  it.each([429, 500, 503])('that is answered %i twice is tried again, and the job is solved', async (status) => {
    await fault('create', { kind: 'answer', status }, { times: 2 });
    const { job } = await journey.solve(goodTurns);

    await journey.until(job.id, isSolved);

    const log = await journey.events(job.id);
    expect(log.filter(({ data, src }) => src === 'job' && data.status === 'running').length).toBe(1);
    await expectSoundJob(journey, job.id);
  });

  it('whose answer is lost while the list is empty may be doubled, and the double is dead soon', async () => {
    const watch = watchSandboxes();
    await fault('create', { kind: 'lose-answer' });
    await fault('list', { kind: 'answer', status: 200, body: [] }, { times: 0 });
    const { job } = await journey.solve(goodTurns);

    await journey.until(job.id, isSolved);
    watch.stop();

    expect(watch.of(job.id)).toEqual({ 'X#1#solve': 2, 'X#1#verify': 1 });
    await eventually('the double has died by its own short life', () => journey.stack.e2b.sandboxes().length === 0, 60);
    await expectSoundJob(journey, job.id);
  });

  it('that is not answered at all is given up, and the job is solved later', async () => {
    await fault('create', { kind: 'hang' });
    const { job } = await journey.solve(goodTurns);

    await journey.until(job.id, isSolved, 180);

    await expectSoundJob(journey, job.id);
  });
});

describe('a sandbox that cannot be killed for a while', () => {
  it('is not verified on the same permit, and is dead in the end', async () => {
    await fault('kill', { kind: 'answer', status: 500 }, { times: 0, forMs: 30_000 });
    const { job } = await journey.solve(goodTurns);

    const done = await journey.until(job.id, isSolved);

    expect(done.attempts).toMatchObject([{ status: 'solved', verified: false }]);
    expect(done.verdict?.notes.join()).toContain('not verified');
    await expectSoundJob(journey, job.id);
  });
});

describe('a sandbox that dies', () => {
  it('while its agent works fails the job as sandbox_lost', async () => {
    const { job } = await journey.solve([planTurn, fixTurn, thinkingTurn]);
    await journey.until(job.id, (_, events) => events.some(({ type, data }) => type === 'step' && data.n === 2));
    const [working] = journey.stack.e2b.sandboxes();
    expect(await admin('POST', `sandboxes/${working?.sandboxId}/kill`)).toEqual({ killed: true });
    const done = await journey.until(job.id, ({ status }) => status === 'failed', 120);

    expect(done.failure).toMatchObject({ code: 'sandbox_lost', retryable: true });
    await expectSoundJob(journey, job.id);
  });

  it('in its verification leaves a solved attempt that is not verified, and says so', async () => {
    const { job } = await journey.solve(goodTurns, { body: { test_command: 'sleep 2; python3 -m unittest' } });
    await journey.until(job.id, (_, events) =>
      events.some(({ type, data }) => type === 'sandbox_ready' && data.mode === 'verify'),
    );

    const verifying = journey.stack.e2b.sandboxes().find(({ metadata }) => metadata.job_id === job.id);
    expect(await admin('POST', `sandboxes/${verifying?.sandboxId}/kill`)).toEqual({ killed: true });
    const done = await journey.until(job.id, isSolved, 120);

    expect(done.attempts).toMatchObject([{ status: 'solved', verified: false }]);
    expect(done.verdict).toMatchObject({ winner: 1 });
    const { data } = (await journey.events(job.id)).find((event) => event.data.status === 'solved') ?? { data: {} };
    expect(data).toMatchObject({ verified: false, reason: expect.stringContaining('lost') });
    await expectSoundJob(journey, job.id);
  });

  it('while its files are read leaves what it saved before', async () => {
    await fault('read', { kind: 'kill-sandbox' }, { nth: 2 });
    const { job } = await journey.solve(goodTurns);

    const { failure } = await journey.until(job.id, ({ status }) => status === 'failed');

    expect(failure).toMatchObject({ code: 'sandbox_lost', retryable: true });
    await expectSoundJob(journey, job.id);
  });
});

describe('a provider that fails inside', () => {
  it.each([
    ['a start that is refused', 'Start', { kind: 'answer', status: 503 }],
    ['a file that is cut', 'read', { kind: 'cut', afterBytes: 20 }],
    ['a write whose answer is lost', 'write', { kind: 'lose-answer' }],
    ['a command whose end is withheld', 'Start', { kind: 'withhold', event: 'end' }],
  ])('is asked once more: %s', async (_, operation, effect) => {
    await fault(operation, effect);
    const { job } = await journey.solve(goodTurns);

    await journey.until(job.id, isSolved, 120);

    await expectSoundJob(journey, job.id);
  });

  it('for good ends the job with a reason', async () => {
    await fault('write', { kind: 'answer', status: 507 }, { times: 0 });
    const { job } = await journey.solve(goodTurns);

    const { failure } = await journey.until(job.id, ({ status }) => status === 'failed', 120);

    expect(failure).toMatchObject({ code: 'internal', retryable: true, message: expect.stringMatching(/\w/) });
    await expectSoundJob(journey, job.id);
  });

  it('is away while the agent works, and nothing is lost', async () => {
    let go = () => {};
    const pause = new Promise<void>((resolve) => {
      go = resolve;
    });
    const { job } = await journey.solve([planTurn, fixTurn, { wait: pause, next: submitTurn }]);
    await journey.until(job.id, (_, events) => events.some(({ type, data }) => type === 'step' && data.n === 2));

    await fault('api', { kind: 'reset' }, { times: 0, forMs: 15_000 });
    const met = async () => ((await admin('GET', 'faults')) as Array<{ seen: number }>)[0]?.seen ?? 0;
    await eventually('two beats found the provider away', async () => (await met()) >= 2, 30);
    await admin('DELETE', 'faults');
    go();
    const done = await journey.until(job.id, isSolved);

    expect(Evidence.parse(JSON.parse((await journey.artifact(done, 'evidence.json')) ?? '')).complete).toBe(true);
    await expectSoundJob(journey, job.id);
  });
});
