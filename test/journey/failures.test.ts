import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { testCommand } from '../support/a-repository.ts';
import { refusal } from '../support/job-driver.ts';
import { type Journey, startJourney } from '../support/journey.ts';
import { processesUnder } from '../support/processes-under.ts';
import { fixTurn, goodTurns, planTurn, submitTurn, thinkingTurn } from '../support/scripted-turns.ts';
import { expectSoundJob } from '../support/sound-job.ts';

let journey: Journey;
beforeAll(async () => {
  journey = await startJourney();
});
afterAll(() => journey?.stop());
afterEach(async () => {
  await expect.poll(() => journey.held(), { timeout: 30_000 }).toBe(0);
});

describe('a job that does not go well', () => {
  it('ends cancelled when it is cancelled while it runs, and keeps the diff so far', async () => {
    const { job } = await journey.solve([planTurn, fixTurn, thinkingTurn]);
    await journey.until(job.id, (_, events) =>
      events.some(({ type, data }) => type === 'step' && String(data.command).includes('sed')),
    );

    await journey.api.call('cancelJob', { params: { job_id: job.id } });
    const done = await journey.until(job.id, ({ status }) => status === 'cancelled');

    expect(done.attempts[0]?.status).toBe('cancelled');
    expect(await journey.artifact(done, 'diff.patch')).toContain('Hello');
    expect(await journey.artifact(done, 'manifest.json')).toContain('diff.patch');
  });

  it('shows the log of its attempt while it runs, and the same log at its end', async () => {
    const held = Promise.withResolvers<void>();
    const { job } = await journey.solve([planTurn, fixTurn, { wait: held.promise, next: submitTurn }]);
    const params = { job_id: job.id, n: '1' };
    await journey.until(job.id, ({ attempts }) => attempts[0]?.status === 'running');
    const read = (after = 0) => journey.api.call('readLog', { params, query: { after } });

    await expect.poll(async () => (await read()).text, { timeout: 60_000, interval: 500 }).toContain('sed -i');
    const sofar = await read();
    held.resolve();
    const done = await journey.until(job.id, ({ status }) => status === 'awaiting_review');
    const rest = await read(sofar.next);

    expect([sofar.complete, rest.complete]).toEqual([false, true]);
    expect(sofar.text + rest.text).toBe(await journey.artifact(done, 'logs.txt'));
    expect((await refusal(journey.stranger.call('readLog', { params, query: {} }))).status).toBe(404);
  });

  it('goes on when one of its attempts is cancelled, whose diff so far is kept and labelled', async () => {
    const { job } = await journey.solve([goodTurns, [planTurn, fixTurn, thinkingTurn]]);
    const params = { job_id: job.id, n: '2' };
    await journey.until(job.id, (_, events) =>
      events.some(({ type, data }) => type === 'step' && data.attempt === 2 && String(data.command).includes('sed')),
    );

    const elsewhere = await refusal(journey.stranger.call('cancelAttempt', { params }));
    const answer = await journey.api.call('cancelAttempt', { params });
    const done = await journey.until(job.id, ({ status }) => status === 'awaiting_review');
    const repeated = await journey.api.call('cancelAttempt', { params });
    const late = await refusal(journey.api.call('cancelAttempt', { params: { ...params, n: '1' } }));

    expect(answer.attempts[1]?.status).toBe('cancelled');
    expect(done.attempts.map(({ status }) => status)).toEqual(['solved', 'cancelled']);
    expect(done.verdict?.winner).toBe(1);
    const left = done.artifacts.filter(({ name }) => name.startsWith('1/2/'));
    expect(left.map(({ name }) => name)).toEqual(expect.arrayContaining(['1/2/diff.patch', '1/2/logs.txt']));
    expect(left.filter(({ partial }) => !partial)).toEqual([]);
    expect([elsewhere.status, repeated.status, late.status]).toEqual([404, 'awaiting_review', 409]);
    await expectSoundJob(journey, job.id);
  });

  it('is cancelled when all of its attempts are', async () => {
    const { job } = await journey.solve([planTurn, fixTurn, thinkingTurn]);
    await journey.until(job.id, ({ attempts }) => attempts[0]?.status === 'running');

    await journey.api.call('cancelAttempt', { params: { job_id: job.id, n: '1' } });
    await journey.until(job.id, ({ status }) => status === 'cancelled');

    await expectSoundJob(journey, job.id);
  });

  it('fails as agent_error when the model only talks nonsense', async () => {
    const { job } = await journey.solve([planTurn, { text: 'I would rather not use a tool.' }]);

    const done = await journey.until(job.id, ({ status }) => status === 'failed');

    expect(done.failure).toMatchObject({ code: 'agent_error', retryable: true });
    expect(done.failure?.remedy).not.toBe('');
    expect(await journey.artifact(done, 'logs.txt')).toBeDefined();
  });

  it('fails as no_patch when the agent changes nothing', async () => {
    const { job } = await journey.solve([planTurn, { command: 'true' }, submitTurn]);

    const done = await journey.until(job.id, ({ status }) => status === 'failed');

    expect(done.failure).toMatchObject({ code: 'no_patch' });
    expect(done.attempts[0]?.status).toBe('empty');
  });

  it('fails as budget_exhausted when the steps are used up without a diff', async () => {
    const { job } = await journey.solve([planTurn, { command: 'ls' }], { body: { limits: { steps: 6 } } });

    const done = await journey.until(job.id, ({ status }) => status === 'failed');

    expect(done.failure).toMatchObject({ code: 'budget_exhausted' });
  });

  it('is solved when the steps are used up but the diff is good', async () => {
    const { job } = await journey.solve([planTurn, fixTurn, { command: 'ls' }], { body: { limits: { steps: 6 } } });

    const done = await journey.until(job.id, ({ status }) => status === 'awaiting_review');

    expect(done.attempts[0]).toMatchObject({ status: 'solved', verified: true });
  });

  it('fails within seconds when the repository or the ref is not there', async () => {
    const session = await journey.api.call('createSession', { body: {} });
    const issue = await journey.api.call('createIssue', {
      params: { id: session.id },
      body: { title: 'Anything', repository: { url: `${journey.stack.gitHost.url}/nowhere.git` } },
    });
    const { job } = await journey.api.call('solve', {
      params: { id: session.id, issue_id: issue.id },
      body: { test_command: testCommand },
    });

    const done = await journey.until(job.id, ({ status }) => status === 'failed', 20);

    expect(done.failure).toMatchObject({ code: 'repo_unreachable' });
    expect(done.failure?.message).toContain('nowhere.git');
  });

  it('retries a model that is busy or broken for a moment', async () => {
    const { job } = await journey.solve([
      { status: 429, headers: { 'retry-after': '1' } },
      { status: 500 },
      planTurn,
      fixTurn,
      submitTurn,
    ]);

    await journey.until(job.id, ({ status }) => status === 'awaiting_review');
  });
});

it('leaves no process of a sandbox behind', async () => {
  await expect.poll(() => processesUnder(`${journey.stateDir}/sandboxes`), { timeout: 10_000 }).toEqual([]);
});
