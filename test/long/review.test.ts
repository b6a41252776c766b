import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { refusal } from '../support/job-driver.ts';
import { type Journey, startJourney } from '../support/journey.ts';
import { goodTurns } from '../support/scripted-turns.ts';
import { expectSoundJob } from '../support/sound-job.ts';

let journey: Journey;
beforeAll(async () => {
  journey = await startJourney();
});
afterAll(() => journey?.stop());

it('a person approves one job, rejects another, and has it solved once more', async () => {
  const { api } = journey;
  const twice = [...goodTurns, ...goodTurns];
  const [one, other] = await Promise.all([journey.solve(goodTurns), journey.solve(twice)]);
  const decide = (job_id: string, decision: 'approve' | 'reject') =>
    api.call('reviewJob', { params: { job_id }, body: { decision, comment: 'Read it.' } });
  for (const { job } of [one, other]) await journey.until(job.id, ({ status }) => status === 'awaiting_review');

  const [approved, rejected] = await Promise.all([decide(one.job.id, 'approve'), decide(other.job.id, 'reject')]);
  const late = await refusal(decide(one.job.id, 'reject'));
  const params = { job_id: other.job.id };
  const clicks = await Promise.all([api.call('retryJob', { params }), api.call('retryJob', { params })]);
  const again = clicks[0].job.id;
  await journey.until(again, ({ status }) => status === 'awaiting_review');

  expect(approved).toMatchObject({ status: 'completed', review: { decision: 'approve', attempt: 1, by: 'you' } });
  expect(rejected).toMatchObject({ status: 'rejected', review: { comment: 'Read it.' } });
  expect(late).toMatchObject({ status: 409, body: { code: 'conflict' } });
  expect(new Set(clicks.map(({ job }) => job.id)).size).toBe(1);
  for (const id of [one.job.id, other.job.id, again]) await expectSoundJob(journey, id);
  expect((await journey.events(one.job.id)).at(-1)?.data).toMatchObject({
    status: 'completed',
    review: { attempt: 1 },
  });
  expect((await api.call('getJob', { params: { job_id: again } })).retry_of).toBe(other.job.id);
  await eventually('nothing is held any more', async () => (await journey.held()) === 0);
  expect(journey.stack.iam.report().denials).toEqual([]);
});
