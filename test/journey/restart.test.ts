import { afterAll, beforeAll, expect, it } from 'vitest';
import type { JobView } from '#core/api/views';
import type { JobEvent } from '#core/job/milestone';
import { eventually } from '../support/eventually.ts';
import { type MortalJourney, startMortalJourney } from '../support/mortal-journey.ts';
import { processesUnder } from '../support/processes-under.ts';
import type { Turn } from '../support/scripted-model.ts';
import { goodTurns, planTurn, thinkingTurn } from '../support/scripted-turns.ts';
import { expectSoundJob } from '../support/sound-job.ts';

let journey: MortalJourney;
beforeAll(async () => {
  journey = await startMortalJourney({ timeScale: 15 });
});
afterAll(() => journey?.stop());

const has = (type: JobEvent['type']) => (_: JobView, events: JobEvent[]) => events.some((event) => event.type === type);

/** When the stack is killed, by what the job has just come to. */
const moments: ReadonlyArray<[string, (job: JobView, events: JobEvent[]) => boolean, Turn[]?]> = [
  ['it has got its sandbox', ({ attempts }) => attempts[0]?.status === 'running'],
  ['its agent works', has('plan_ready'), [planTurn, thinkingTurn]],
  [
    'its files are collected',
    ({ attempts }) => attempts[0]?.status === 'collecting' || attempts[0]?.status === 'verifying',
  ],
  ['its patch has been verified', has('verified')],
  ['it has just been accepted', () => true],
];

it('ends every accepted job, whenever the stack is killed, and doubles nothing', async () => {
  const jobs = new Map<string, string>();
  for (const [moment, isThere, turns = goodTurns] of moments) {
    const { job } = await journey.solve(turns);
    jobs.set(moment, job.id);
    await journey.until(job.id, isThere);
    await journey.kill();
    await eventually('its processes have ended', () => processesUnder(journey.stateDir).length === 0, 10);
    await journey.restart();
  }

  const table = [];
  for (const [moment, id] of jobs) {
    await journey.until(id, ({ status }) => status === 'awaiting_review' || status === 'failed', 120);
    const { status, failure, attempts } = await expectSoundJob(journey, id);
    expect(['awaiting_review', 'sandbox_lost']).toContain(failure?.code ?? status);
    table.push({ moment, end: failure?.code ?? status, verified: attempts[0]?.verified });
  }
  await eventually('nothing is held any more', async () => (await journey.held()) === 0);

  expect((await journey.stack().ask<{ denials: unknown[] }>('denials')).denials).toEqual([]);
  // What has no sandbox any more, or not yet, loses nothing.
  expect(table.slice(-2).map(({ end }) => end)).toEqual(['awaiting_review', 'awaiting_review']);
  console.table(table);
});
