import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { type Journey, startJourney } from '../support/journey.ts';
import { goodTurns } from '../support/scripted-turns.ts';

let journey: Journey;
beforeAll(async () => {
  journey = await startJourney();
});
afterAll(() => journey?.stop());

const raised = async () => {
  const alarms = await journey.stack.alarms();
  return alarms.filter(({ state }) => state === 'ALARM').map(({ name }) => name.replace(/^.*-/, ''));
};
const sum = (name: string) =>
  journey.stack.logs.metrics.query({ namespace: 'Patchbay', name, statistic: 'Sum' })[0]?.value;

describe('the alarms', () => {
  it('stay quiet while a job goes well, and its measures arrive', async () => {
    const { job } = await journey.solve(goodTurns);
    await journey.until(job.id, ({ status }) => status === 'awaiting_review');

    await eventually(
      'a sweep after the job',
      () => journey.stack.logs.metrics.query({ name: 'SweepMs', statistic: 'SampleCount' }).length > 0,
    );
    await eventually('nothing raised', async () => (await raised()).length === 0);
    const untold = (await journey.stack.alarms()).filter(({ state }) => state === 'NOT_EVALUATED');
    expect(untold.map(({ name }) => name.replace(/^.*-/, ''))).toEqual(['QueueAge', 'Throttles']);
    // They are written when the function returns that has written the status.
    await eventually('the measures of Finish', () => sum('JobsAwaitingReview') !== undefined);
    for (const name of ['JobsAccepted', 'JobsStarted', 'JobsAwaitingReview', 'AttemptsSolved'])
      expect([name, sum(name)]).toEqual([name, 1]);
    expect(sum('SandboxCreateMs')).toBeGreaterThan(0);
    expect(sum('ModelCallMs')).toBeGreaterThan(0);
    expect(sum('JobCostUsd')).toBeDefined();
  });

  it('rise at once when the provider refuses the key', async () => {
    journey.stack.e2b.faults.add({ operation: 'api', times: 0, effect: { kind: 'answer', status: 401 } });

    const { job } = await journey.solve(goodTurns);
    const failed = await journey.until(job.id, ({ status }) => status === 'failed');

    expect(failed.failure?.message).toContain('does not accept the API key');
    expect(await raised()).toEqual(expect.arrayContaining(['SandboxCreateRefused', 'CreateSandboxErrors']));
  });
});
