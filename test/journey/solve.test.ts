import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMilestone } from '#core/job/milestone';
import { Evidence } from '#core/workflow/runner';
import { followJob } from '../../bin/client/live-client.ts';
import { users } from '../../bin/laptop.ts';
import { type Journey, startJourney } from '../support/journey.ts';
import { liveCall } from '../support/live-call.ts';
import { fixTurn, goodTurns, planTurn, submitTurn } from '../support/scripted-turns.ts';

let journey: Journey;
beforeAll(async () => {
  journey = await startJourney();
});
afterAll(() => journey?.stop());

describe('a solve', () => {
  it('goes from the issue to a verified diff that waits for review, and shows each milestone once and in order', async () => {
    const { job, sessionId, issueId } = await journey.solve([planTurn, fixTurn, submitTurn]);

    const seen = [];
    const follow = new AbortController();
    for await (const event of followJob(journey.api, {
      socketUrl: journey.stack.socketUrl,
      sessionId,
      jobId: job.id,
      signal: follow.signal,
    })) {
      seen.push(event);
      if (event.type === 'job_status' && event.data.status === 'awaiting_review') follow.abort();
    }
    const done = await journey.until(job.id, ({ status }) => status === 'awaiting_review');

    expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_, index) => index + 1));
    const types = seen.map(({ type }) => type).filter(isMilestone);
    for (const type of [
      'repo_cloned',
      'deps_installed',
      'baseline_tested',
      'plan_ready',
      'tests_finished',
      'diff_ready',
      'verified',
      'verdict',
    ])
      expect(types).toContain(type);
    expect(done.verdict).toMatchObject({ winner: 1 });
    expect(done.attempts).toMatchObject([{ n: 1, status: 'solved', verified: true, diff: { files: 1 } }]);
    expect(await journey.artifact(done, 'diff.patch')).toContain('+    return "Hello, " + name');
    const evidence = Evidence.parse(JSON.parse((await journey.artifact(done, 'evidence.json')) ?? ''));
    expect(evidence).toMatchObject({
      applies: true,
      complete: true,
      tests: { before: 'failed', after: 'passed', regressions: [] },
    });
    expect(done.artifacts.map(({ name }) => name.split('/').at(-1))).toEqual(
      expect.arrayContaining([
        'diff.patch',
        'plan.json',
        'logs.txt',
        'trajectory.json.gz',
        'manifest.json',
        'changes.tar',
      ]),
    );
    const issue = await journey.api.call('getIssue', { params: { id: sessionId, issue_id: issueId } });
    expect(issue.diff).toMatchObject({ job_id: job.id, files: 1 });
    const chat = await journey.api.call('getSession', { params: { id: sessionId } });
    expect(chat.messages.filter(({ role }) => role === 'milestone').length).toBe(types.length);
  });

  it('leaves no sandbox, permit or denied call behind', async () => {
    const { job } = await journey.solve([planTurn, fixTurn, submitTurn]);
    await journey.until(job.id, ({ status }) => status === 'awaiting_review');

    const used = async () => (await journey.api.call('getStatus', {})).slots.map((slot) => slot.used);
    await expect.poll(used, { timeout: 20_000 }).toEqual([0, 0, 0]);
    expect(journey.stack.e2b.sandboxes()).toEqual([]);
    expect(journey.stack.iam.report().denials).toEqual([]);
  });

  it('judges several attempts on what a fresh sandbox saw of each, tests that are gone included', async () => {
    const wrong = { command: 'sed -i s/Helo/Hallo/ greet.py' };
    const weaker = { command: "sed -i s/Helo/Hello/ greet.py && sed -i '/def test_keeps/,$d' test_greet.py" };
    const { job } = await journey.solve([
      [planTurn, wrong, submitTurn],
      [planTurn, weaker, submitTurn],
      [planTurn, fixTurn, submitTurn],
    ]);

    const done = await journey.until(job.id, ({ status }) => status === 'awaiting_review');

    expect(done.verdict?.winner).toBe(3);
    expect(done.verdict?.ranking.map(({ attempt, removed }) => [attempt, removed])).toEqual([
      [3, 0],
      [2, 1],
      [1, 0],
    ]);
    expect(done.verdict?.decided_by).toBe('removed_tests');
    expect(done.verdict?.notes).toEqual([
      expect.stringMatching(/^Attempt 2 changes 1 existing test file \(\d lines removed\): test_greet\.py\.$/),
      'Attempt 2: 1 test that passed before no longer runs: test_greet.GreetTest.test_keeps_the_name.',
    ]);
    expect(done.attempts.map(({ diff }) => diff?.tests?.paths)).toEqual([[], ['test_greet.py'], []]);
    const events = await journey.events(job.id);
    expect(events.find(({ type, src }) => type === 'verified' && src.startsWith('verify-2'))?.data).toMatchObject({
      removed: ['test_greet.GreetTest.test_keeps_the_name'],
    });
  });

  it('is the same job when it is asked for again while it is at work', async () => {
    const { job, sessionId, issueId } = await journey.solve([planTurn, fixTurn, submitTurn]);
    const again = await journey.api.call('solve', {
      params: { id: sessionId, issue_id: issueId },
      body: { ...job.options },
    });

    expect(again.job.id).toBe(job.id);
    await journey.until(job.id, ({ status }) => status === 'awaiting_review');
  });

  it('sends no body to a client that has the snapshot already', async () => {
    const { job } = await journey.solve(goodTurns);
    await journey.until(job.id, ({ status }) => status === 'awaiting_review');
    const token = await journey.stack.issuer.token(users[0]?.sub ?? '', { expiresInSeconds: 600 });
    const get = (headers: Record<string, string> = {}) =>
      liveCall(journey.stack.apiUrl, 'getJob', { params: { job_id: job.id }, token, headers });

    const first = await get();
    const again = await get({ 'if-none-match': first.headers.get('etag') ?? '' });

    expect(first).toMatchObject({ status: 200, body: { id: job.id } });
    expect(again).toMatchObject({ status: 304, text: '' });
  });

  it('shows nothing of it to another tenant', async () => {
    const { job, sessionId } = await journey.solve([planTurn, fixTurn, submitTurn]);

    await expect(journey.stranger.call('getJob', { params: { job_id: job.id } })).rejects.toMatchObject({
      status: 404,
    });
    await expect(journey.stranger.call('getSession', { params: { id: sessionId } })).rejects.toMatchObject({
      status: 404,
    });
    await expect(journey.stranger.call('cancelJob', { params: { job_id: job.id } })).rejects.toMatchObject({
      status: 404,
    });
    await journey.until(job.id, ({ status }) => status === 'awaiting_review');
  });
});
