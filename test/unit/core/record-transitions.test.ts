import { describe, expect, it } from 'vitest';
import { milestoneText } from '#core/api/milestone-message';
import { announceJob, recordAttempts, recordTransitions } from '#core/use-cases/record-transitions';
import { aJob, aJobEvent, anAttempt } from '../../support/builders.ts';
import { fakeWorld } from '../../support/fake-world.ts';

describe('a job’s transitions', () => {
  it('enter the log once and in order, however often and by whomever they are recorded', async () => {
    const world = fakeWorld();
    const queued = world.jobs.seed(aJob());
    const running = await world.jobs.transition(queued, 'running', {});

    await recordTransitions(world, running);
    await Promise.all([recordTransitions(world, queued), recordTransitions(world, running)]);

    const log = world.log.of(running.tenant, running.id);
    expect(log.map(({ seq, data }) => [seq, data.status])).toEqual([
      [1, 'queued'],
      [2, 'running'],
    ]);
    expect(world.live.pushed).toHaveLength(2);
    expect((await world.jobs.get(running.tenant, running.id))?.outbox).toBeUndefined();
  });

  it('keep their mark when the log is down; the next writer brings the log level', async () => {
    const world = fakeWorld();
    const running = await world.jobs.transition(world.jobs.seed(aJob()), 'running', {});
    world.faults.before('log.append', new Error('down'));

    expect(await recordTransitions(world, running)).toBe(false);
    expect((await world.jobs.get(running.tenant, running.id))?.outbox).toBe(running.outbox);
    expect(await recordTransitions(world, running)).toBe(true);
    expect(world.log.of(running.tenant, running.id)).toHaveLength(2);
  });

  it('never clear the mark of a newer write', async () => {
    const world = fakeWorld();
    const running = await world.jobs.transition(world.jobs.seed(aJob()), 'running', {});
    const failed = await world.jobs.transition(running, 'failed', {});

    await recordTransitions(world, running);

    expect((await world.jobs.get(running.tenant, running.id))?.outbox).toBe(failed.outbox);
  });

  it('of a queued row keep the mark until its message is sent', async () => {
    const world = fakeWorld();
    const job = world.jobs.seed(aJob({ outbox: 'mark' }));

    await recordTransitions(world, job);
    expect((await world.jobs.get(job.tenant, job.id))?.outbox).toBe('mark');

    world.faults.before('queue.send', new Error('down'));
    expect(await announceJob(world, job)).toBe(false);
    expect((await world.jobs.get(job.tenant, job.id))?.outbox).toBe('mark');

    expect(await announceJob(world, job)).toBe(true);
    expect((await world.jobs.get(job.tenant, job.id))?.outbox).toBeUndefined();
    expect(world.queue.sent).toHaveLength(1);
  });

  it('of an attempt are its own source, and a failure is the step’s', async () => {
    const world = fakeWorld();
    const attempt = anAttempt({ n: 2, status: 'running' });
    world.faults.before('log.append', new Error('down'));

    await expect(recordAttempts(world, aJob(), [attempt])).rejects.toThrow('down');
    await recordAttempts(world, aJob(), [attempt]);
    await recordAttempts(world, aJob(), [attempt]);

    expect(await world.log.read(aJob().tenant, aJob().id, 0, 10)).toMatchObject([
      { src: 'attempt-2', src_seq: 1, data: { attempt: 2, status: 'waiting' } },
      { src: 'attempt-2', src_seq: 2, data: { attempt: 2, status: 'running' } },
    ]);
  });
});

describe('a milestone’s line', () => {
  it.each([
    [{ type: 'job_status', src: 'job', data: { status: 'awaiting_review' } }, 'Awaiting review'],
    [
      { type: 'job_status', src: 'job', data: { status: 'failed', failure: { message: 'No patch.' } } },
      'Failed: No patch.',
    ],
    [{ type: 'attempt_status', src: 'attempt-3', data: { status: 'solved' } }, 'Attempt 3: solved'],
    [{ type: 'plan_ready', src: 'solve-2@1', data: { summary: 'ignore me' } }, 'Attempt 2: plan ready'],
    [{ type: 'deps_installed', src: 'solve-1@1', data: { ok: true } }, 'Attempt 1: dependencies installed'],
    [{ type: 'deps_installed', src: 'solve-1@1', data: { ok: false } }, 'Attempt 1: the set-up failed'],
    [
      { type: 'baseline_tested', src: 'solve-1@1', data: { class: 'failed', passed: 2, failed: 1 } },
      'Attempt 1: tests of the project: 2 passed, 1 failed',
    ],
    [{ type: 'baseline_tested', src: 'solve-1@1', data: { class: null } }, 'Attempt 1: tests of the project: not run'],
    [
      {
        type: 'tests_finished',
        src: 'solve-1@1',
        data: { after: 'passed', counts: { after: { passed: 3, failed: 0 } } },
      },
      'Attempt 1: tests on the change: 3 passed, 0 failed',
    ],
    [
      { type: 'tests_finished', src: 'solve-1@1', data: { after: 'timed_out', counts: null } },
      'Attempt 1: tests on the change: timed out',
    ],
    [{ type: 'repo_cloned', src: 'verify-2@1', data: {} }, 'Verification of attempt 2: repository cloned'],
    [{ type: 'cross_tested', src: 'judge@1', data: {} }, 'Reproduction tests run across attempts'],
    [{ type: 'verdict', src: 'judge@1', data: { reason: 'fewer regressions' } }, 'Verdict reached: fewer regressions'],
  ] as const)('%#: %s', (event, line) => {
    expect(milestoneText(aJobEvent(event))).toBe(line);
  });
});
