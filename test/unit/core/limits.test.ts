import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as limits from '#core/workflow/limits';

/** The schedule of the sweeper; the only period that is not in `limits.ts`, because a cron line has it. */
const sweepSeconds = 60;

const { ladder, rowDeadline, verifyWall, wall } = limits;
const anyWall = fc.integer({ min: wall.min, max: wall.max });

/** Each is smaller than the next. */
function expectOrder(...rungs: Array<[name: string, seconds: number]>): void {
  for (const [index, [name, seconds]] of rungs.entries()) {
    const next = rungs[index + 1];
    if (next) expect(seconds, `${name} before ${next[0]}`).toBeLessThan(next[1]);
  }
}

describe('the time ladder', () => {
  it('is in order for every wall budget', () => {
    fc.assert(
      fc.property(anyWall, (t) => {
        const rungs = ladder(t);

        expectOrder(
          ['runner ends', rungs.runnerEnds],
          ['watchdog', rungs.watchdog],
          ['TimeoutSeconds of RunAgent', rungs.runTimeout],
          ['the end of Collect', rungs.runTimeout + limits.collectSeconds],
          ['attempt deadline', rungs.attemptDeadline],
          ['the last life a sandbox was given', rungs.attemptDeadline + limits.sandboxLife.running],
          ['lease', rungs.lease],
        );
      }),
    );
  });

  it('lets Lambda throttle a step without breaking a rung', () => {
    const { first, most, times } = limits.throttled;
    const waits = Array.from({ length: times }, (_, n) => Math.min(first * 2 ** n, most));
    const waiting = waits.reduce((sum, wait) => sum + wait, 0);

    const lambdaTimeout = 60;
    expectOrder(
      ['RunAgent, throttled', waiting + lambdaTimeout],
      ['a young sandbox dies', limits.sandboxLife.atCreate],
    );
    fc.assert(
      fc.property(anyWall, (t) => {
        const { runTimeout, attemptDeadline } = ladder(t);
        expectOrder(
          ['Collect, throttled', runTimeout + waiting + limits.collectSeconds],
          ['attempt deadline', attemptDeadline],
        );
      }),
    );
  });

  it('leaves the runner time to end after its watchdog has sent TERM', () => {
    fc.assert(
      fc.property(
        anyWall,
        (t) => ladder(t).watchdog + limits.termGraceSeconds + limits.beatSeconds < ladder(t).runTimeout,
      ),
    );
  });

  it('has a row deadline after three sandboxes in a row at their slowest', () => {
    fc.assert(
      fc.property(anyWall, (t) => {
        const { createSeconds } = limits;
        const v = verifyWall(t);
        const slowest = createSeconds + ladder(t).attemptDeadline + 2 * (createSeconds + ladder(v).attemptDeadline);

        expectOrder(['slowest job', slowest], ['row deadline', rowDeadline(t)], ['machine', limits.machineSeconds]);
      }),
    );
  });

  it('ends the slot of the job after its row', () => {
    // Two runs of the sweeper find the row before the lease of slot 0 is gone.
    expect(limits.slotZeroMarginSeconds).toBeGreaterThan(2 * sweepSeconds);
  });

  it('gives verify and judge no more than the attempts, and at most a quarter of an hour', () => {
    fc.assert(fc.property(anyWall, (t) => verifyWall(t) <= t && verifyWall(t) <= 900));
    expect(wall.min).toBeLessThan(wall.default);
    expect(wall.default).toBeLessThanOrEqual(wall.max);
  });
});

describe('beats', () => {
  it('may be lost six times before the workflow gives up, and it does so well before the run times out', () => {
    expect(limits.heartbeatSeconds / limits.beatSeconds).toBeGreaterThanOrEqual(6);
    expect(limits.heartbeatSeconds).toBeLessThan(ladder(wall.min).runTimeout);
  });

  it('keep the sandbox alive longer than the workflow waits, so that Collect still finds it', () => {
    expect(limits.sandboxLife.running).toBeGreaterThan(limits.heartbeatSeconds + limits.beatSeconds);
  });

  it('are the last net: a sandbox is dead five minutes after its control plane', () => {
    expect(limits.sandboxLife.running).toBeLessThanOrEqual(300);
    expect(limits.sandboxLife.atCreate).toBeLessThanOrEqual(limits.createSeconds);
  });
});

describe('what the sweeper heals', () => {
  it('is healed in 90 seconds for a row without its message', () => {
    expect(limits.outboxSeconds + sweepSeconds).toBeLessThanOrEqual(90);
  });

  it('is ended in 120 seconds for a job that was cancelled', () => {
    expect(limits.cancelSeconds + sweepSeconds + limits.termGraceSeconds).toBeLessThanOrEqual(120);
    expect(limits.termGraceSeconds).toBeLessThan(limits.cancelSeconds);
  });

  it('is not touched while a dispatcher still has its claim', () => {
    expect(limits.claimSeconds).toBeGreaterThanOrEqual(sweepSeconds);
  });
});

describe('what passes between services', () => {
  it('stays under the payload of a state, even as the results of all attempts', () => {
    expect(limits.caps.attempts * limits.caps.stepResultBytes).toBeLessThan(262_144);
  });

  it('lets a checkpoint be written while its form is valid', () => {
    expect(limits.presignSeconds.upload).toBeGreaterThan(limits.checkpointSeconds);
  });
});
