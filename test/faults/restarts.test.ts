import { afterAll, beforeAll, expect, it } from 'vitest';
import { hasJobEnded } from '#core/job/lifecycle';
import { eventually } from '../support/eventually.ts';
import { type MortalJourney, startMortalJourney } from '../support/mortal-journey.ts';
import { processesUnder } from '../support/processes-under.ts';
import { fixTurn, planTurn, submitTurn, thinkingTurn } from '../support/scripted-turns.ts';
import { expectSoundJob } from '../support/sound-job.ts';

const kills = 24;
/** Longest life of the stack between two kills. */
const lifeMs = 14_000;

let journey: MortalJourney;
beforeAll(async () => {
  journey = await startMortalJourney({ timeScale: 15 });
});
afterAll(() => journey?.stop());

it('loses no accepted job and doubles nothing, whenever the stack dies, again and again', async () => {
  const seed = Date.now() % 2 ** 31;
  const random = randomFrom(seed);
  const accepted: string[] = [];
  const restarts: number[] = [];
  process.stdout.write(`seed ${seed}\n`);
  for (let kill = 1; kill <= kills; kill += 1) {
    const life = new Promise((resolve) => setTimeout(resolve, 500 + random() * lifeMs));
    const working = work(journey, kill, accepted);
    await life;
    await journey.kill();
    await working;
    await eventually('its processes have ended', () => processesUnder(journey.stateDir).length === 0, 20);
    restarts.push(await journey.restart());
  }

  const ends: Record<string, number> = {};
  for (const id of accepted) {
    await journey.until(id, ({ status }) => status === 'awaiting_review' || hasJobEnded(status), 180);
    const { status, failure } = await expectSoundJob(journey, id);
    const end = failure?.code ?? status;
    ends[end] = (ends[end] ?? 0) + 1;
  }
  await eventually('nothing is held any more', async () => (await journey.held()) === 0, 60);

  const slowest = Math.max(...restarts);
  process.stdout.write(
    `${kills} kills, ${accepted.length} accepted jobs, 0 lost; ends ${JSON.stringify(ends)}; slowest restart ${slowest} ms\n`,
  );
  expect((await journey.stack().ask<{ denials: unknown[] }>('denials')).denials).toEqual([]);
  expect(Object.keys(ends).filter((end) => !['awaiting_review', 'sandbox_lost', 'cancelled'].includes(end))).toEqual(
    [],
  );
}, 600_000);

/** Asks for jobs until the stack dies: one that is solved, one whose agent hangs; every third is cancelled. */
async function work(one: MortalJourney, round: number, accepted: string[]): Promise<void> {
  try {
    const turns = round % 2 === 0 ? [planTurn, fixTurn, submitTurn] : [planTurn, fixTurn, thinkingTurn];
    const { job } = await one.solve(turns, { body: { limits: { wall_seconds: 600 } } });
    accepted.push(job.id);
    if (round % 3 !== 0) return;
    await one.until(job.id, ({ status }) => status === 'running');
    await one.api.call('cancelJob', { params: { job_id: job.id } });
  } catch {
    // The stack died meanwhile: what it had not accepted by then need not be there.
  }
}

/** Numbers from 0 to 1 that follow from a seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
