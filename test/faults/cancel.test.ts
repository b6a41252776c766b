import { afterAll, beforeAll, expect, it } from 'vitest';
import type { JobView } from '#core/api/views';
import type { JobEvent } from '#core/job/milestone';
import { withPermits } from '../support/altered-assembly.ts';
import { eventually } from '../support/eventually.ts';
import type { SolveWith } from '../support/job-driver.ts';
import { type Journey, startJourney } from '../support/journey.ts';
import type { Turn } from '../support/scripted-model.ts';
import { fixTurn, goodTurns, planTurn, thinkingTurn } from '../support/scripted-turns.ts';
import { expectSoundJob } from '../support/sound-job.ts';

const rounds = 4;

interface Phase {
  name: string;
  turns: Turn[];
  body?: SolveWith['body'];
  isThere(job: JobView, events: JobEvent[]): boolean;
}

const slowTests = { test_command: 'sleep 2; python3 -m unittest' };
const has = (type: JobEvent['type'], data: object = {}) => {
  return (_: JobView, events: JobEvent[]) =>
    events.some(
      (event) => event.type === type && Object.entries(data).every(([key, value]) => event.data[key] === value),
    );
};
/** In the order of asking: there are four slots, so the last one has to wait. */
const phases: Phase[] = [
  { name: 'preparing', turns: goodTurns, body: { setup_commands: ['sleep 300'] }, isThere: has('repo_cloned') },
  { name: 'planning', turns: [thinkingTurn], isThere: has('plan_started') },
  { name: 'executing', turns: [planTurn, fixTurn, thinkingTurn], isThere: has('step', { n: 2 }) },
  { name: 'verifying', turns: goodTurns, body: slowTests, isThere: has('sandbox_ready', { mode: 'verify' }) },
  { name: 'queued', turns: goodTurns, isThere: ({ waiting }) => waiting !== null },
];

let journey: Journey;
beforeAll(async () => {
  // Production's own times: what is measured here is what a person waits.
  journey = await startJourney({ timeScale: 1, alter: [withPermits({ user: 4 })] });
});
afterAll(() => journey?.stop());

it('ends a cancelled job in every phase, and its sandbox soon', async () => {
  const seconds = new Map<string, { dead: number[]; cancelled: number[] }>();
  for (let round = 0; round < rounds; round += 1) {
    const asked: string[] = [];
    for (const { turns, body = {} } of phases) asked.push((await journey.solve(turns, { body })).job.id);
    await Promise.all(
      phases.toReversed().map(async ({ name, isThere }) => {
        const id = asked[phases.findIndex((phase) => phase.name === name)] ?? '';
        await journey.until(id, isThere, 120);
        const took = await cancelled(id);
        const sofar = seconds.get(name) ?? { dead: [], cancelled: [] };
        seconds.set(name, { dead: [...sofar.dead, took.dead], cancelled: [...sofar.cancelled, took.cancelled] });
      }),
    );
    await eventually('nothing is held any more', async () => (await journey.held()) === 0, 60);
  }

  const all = [...seconds.values()];
  const table = [
    ...[...seconds].map(([phase, took]) => ({ phase, ...figures(took) })),
    {
      phase: 'all',
      ...figures({ dead: all.flatMap(({ dead }) => dead), cancelled: all.flatMap((took) => took.cancelled) }),
    },
  ];
  console.table(table);
  expect(table.at(-1)?.deadP95).toBeLessThanOrEqual(15);
  expect(table.at(-1)?.deadMax).toBeLessThanOrEqual(120);
}, 600_000);

/** Seconds from the cancel until no sandbox of the job lives, and until its row says cancelled. */
async function cancelled(id: string): Promise<{ dead: number; cancelled: number }> {
  const began = performance.now();
  const since = () => (performance.now() - began) / 1_000;
  await journey.api.call('cancelJob', { params: { job_id: id } });
  const alive = () => journey.stack.e2b.sandboxes().some(({ metadata }) => metadata.job_id === id);
  const [dead, ended] = await Promise.all([
    eventually('its sandbox is dead', () => !alive(), 120).then(since),
    journey.until(id, ({ status }) => status === 'cancelled', 120).then(since),
  ]);
  await expectSoundJob(journey, id);
  return { dead, cancelled: ended };
}

function figures({ dead, cancelled }: { dead: number[]; cancelled: number[] }) {
  const at = (values: number[], share: number) => {
    const sorted = values.toSorted((a, b) => a - b);
    return Number(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]?.toFixed(2));
  };
  return {
    cancels: dead.length,
    deadP50: at(dead, 0.5),
    deadP95: at(dead, 0.95),
    deadMax: at(dead, 1),
    cancelledP50: at(cancelled, 0.5),
    cancelledMax: at(cancelled, 1),
  };
}
