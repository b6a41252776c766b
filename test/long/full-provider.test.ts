import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Journey, startJourney } from '../support/journey.ts';
import { fixTurn, goodTurns, planTurn, submitTurn } from '../support/scripted-turns.ts';
import { expectSoundJob } from '../support/sound-job.ts';

let journey: Journey;
beforeAll(async () => {
  journey = await startJourney({ maxSandboxes: 1 });
});
afterAll(() => journey?.stop());

const installLimit = async () => {
  const { slots } = await journey.api.call('getStatus', {});
  return slots.find(({ scope }) => scope === 'install')?.limit;
};

it('a provider that has fewer slots than the limit says lowers it; the refused job waits, and is solved after the other', async () => {
  const held = Promise.withResolvers<void>();
  const first = await journey.solve([planTurn, fixTurn, { wait: held.promise, next: submitTurn }]);
  await journey.until(first.job.id, ({ attempts }) => attempts[0]?.status === 'running');
  const before = await installLimit();

  const second = await journey.solve(goodTurns);
  await journey.until(second.job.id, ({ status }, events) => {
    const sentBack = events.some(({ type, data }) => type === 'job_status' && data.reason === 'provider_busy');
    return status === 'queued' && sentBack;
  });
  const lowered = await installLimit();
  held.resolve();
  const done = await Promise.all(
    [first, second].map(({ job }) => journey.until(job.id, ({ status }) => status === 'awaiting_review', 150)),
  );

  expect(before).toBeGreaterThan(1);
  expect(lowered).toBe(1);
  expect(done.map(({ attempts }) => attempts[0]?.status)).toEqual(['solved', 'solved']);
  for (const { id } of done) await expectSoundJob(journey, id);
});
