import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { JobView } from '#core/api/views';
import type { JobEvent } from '#core/job/milestone';
import { withPermits } from '../support/altered-assembly.ts';
import { eventually } from '../support/eventually.ts';
import { type Journey, startJourney } from '../support/journey.ts';
import { goodTurns, planTurn, submitTurn, thinkingTurn } from '../support/scripted-turns.ts';
import { expectSoundJob } from '../support/sound-job.ts';

let journey: Journey;
beforeAll(async () => {
  journey = await startJourney({ alter: [withPermits({ user: 2 })] });
});
afterAll(() => journey?.stop());
afterEach(async () => {
  journey.stack.e2b.faults.clear();
  await eventually('nothing is held any more', async () => (await journey.held()) === 0);
});

/** As many attempts as there are slots. */
const bothSlots = [
  [planTurn, thinkingTurn],
  [planTurn, thinkingTurn],
];
const isWaiting = ({ waiting }: JobView) => waiting !== null;
const isThinking = (_: JobView, events: JobEvent[]) => events.filter(({ type }) => type === 'plan_ready').length === 2;

describe('a job beyond the limit of live sandboxes', () => {
  it('waits in its place, is cancelled there, and starts as soon as the one before it ends', async () => {
    const first = await journey.solve(bothSlots);
    await journey.until(first.job.id, isThinking);
    const second = await journey.solve(goodTurns);
    await journey.until(second.job.id, isWaiting);
    const third = await journey.solve(goodTurns);

    const [atSecond, atThird] = [
      await journey.until(second.job.id, isWaiting),
      await journey.until(third.job.id, isWaiting),
    ];
    expect(atSecond).toMatchObject({ status: 'queued', waiting: { position: 1 } });
    expect(atThird).toMatchObject({ status: 'queued', waiting: { position: 2 } });
    expect((await journey.api.call('getStatus', {})).waiting).toBe(2);
    expect(journey.stack.e2b.sandboxes().length).toBe(2);

    await journey.api.call('cancelJob', { params: { job_id: second.job.id } });
    await journey.until(second.job.id, ({ status }) => status === 'cancelled', 10);
    await journey.until(third.job.id, ({ waiting }) => waiting?.position === 1, 10);
    await journey.api.call('cancelJob', { params: { job_id: first.job.id } });
    const solved = await journey.until(third.job.id, ({ status }) => status === 'awaiting_review');

    expect((await journey.events(third.job.id)).find(({ type }) => type === 'waiting')?.data.position).toBe(2);
    for (const { job } of [first, second, third]) await expectSoundJob(journey, job.id);
    expect(solved.started_at).not.toBeNull();
  });

  it('tells a guess of its wait once jobs have ended before', async () => {
    const first = await journey.solve(bothSlots);
    await journey.until(first.job.id, isThinking);
    const { job } = await journey.solve(goodTurns);

    const { waiting } = await journey.until(job.id, isWaiting);

    expect(waiting?.eta_seconds).toBeGreaterThan(0);
    for (const id of [job.id, first.job.id]) {
      await journey.api.call('cancelJob', { params: { job_id: id } });
      await journey.until(id, ({ status }) => status === 'cancelled');
    }
  });
});

describe('a sandbox provider without a slot', () => {
  it('sends jobs back to their places in the line: one is cancelled there, the other is solved later', async () => {
    const { faults } = journey.stack.e2b;
    faults.add({ operation: 'create', times: 0, effect: { kind: 'answer', status: 429, retryAfter: 1 } });
    const [unwanted, patient] = [await journey.solve(goodTurns), await journey.solve(goodTurns)];
    const isBack = (_: JobView, events: JobEvent[]) => statuses(events).join().startsWith('queued,running,queued');
    for (const { job } of [unwanted, patient])
      expect(await journey.until(job.id, isBack)).toMatchObject({ failure: null });

    await journey.api.call('cancelJob', { params: { job_id: unwanted.job.id } });
    const cancelled = await journey.until(unwanted.job.id, ({ status }) => status === 'cancelled', 10);
    faults.clear();
    const solved = await journey.until(patient.job.id, ({ status }) => status === 'awaiting_review');

    expect(cancelled.attempts).toMatchObject([{ n: 1, status: 'cancelled' }]);
    expect(solved.attempts).toMatchObject([{ n: 1, status: 'solved' }]);
    const back = (await journey.events(patient.job.id)).find(({ src, src_seq }) => src === 'job' && src_seq === 3);
    expect(back?.data.reason).toBe('provider_busy');
    expect((await journey.events(patient.job.id)).filter(({ type }) => type === 'verdict').length).toBe(1);
    for (const { job } of [unwanted, patient]) await expectSoundJob(journey, job.id);
  });

  it('lets the job be cancelled while the provider is asked again and again', async () => {
    const { faults } = journey.stack.e2b;
    faults.add({ operation: 'create', times: 0, effect: { kind: 'answer', status: 429 } });
    const { job } = await journey.solve([planTurn, submitTurn]);
    await eventually('a create was refused', () => faults.list().some(({ seen }) => seen > 0));

    await journey.api.call('cancelJob', { params: { job_id: job.id } });
    await journey.until(job.id, ({ status }) => status === 'cancelled', 60);

    await expectSoundJob(journey, job.id);
  });
});

function statuses(events: JobEvent[]): unknown[] {
  return events.filter(({ type }) => type === 'job_status').map(({ data }) => data.status);
}
