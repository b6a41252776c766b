import { describe, expect, it } from 'vitest';
import { costsOf, totalUsd } from '#core/job/job-costs';
import {
  mostSandboxSeconds,
  sandboxMicroUsd,
  sandboxPrice,
  sandboxSeconds,
  shownSandboxSeconds,
} from '#core/job/sandbox-cost';
import { wall } from '#core/workflow/limits';
import { MACHINE } from '#local/e2b/sandbox-view';
import { sandboxSize } from '#template/template';
import { anAttempt, aSandboxRow, options } from '../../support/builders.ts';

const start = Date.parse('2026-01-05T09:00:00.000Z');
const at = (seconds: number) => new Date(start + seconds * 1_000).toISOString();
const now = (seconds: number) => start + seconds * 1_000;

describe('the price of a sandbox', () => {
  it('is that of the size which the template is built with, on the laptop too', () => {
    expect(sandboxPrice.size).toEqual(sandboxSize);
    expect(MACHINE).toMatchObject(sandboxPrice.size);
  });

  it('of an hour is what the source’s formula gives for 2 vCPU and 4 GiB', () => {
    expect(sandboxMicroUsd(3_600)).toBe(165_600);
    expect([sandboxMicroUsd(0), sandboxMicroUsd(1), sandboxMicroUsd(0.001)]).toEqual([0, 46, 1]);
  });
});

describe('the time of sandboxes', () => {
  it('runs from the answer of the create to the confirmed kill, else until now', () => {
    const rows = [
      aSandboxRow({ state: 'dead', live_at: at(0), ended_at: at(90) }),
      aSandboxRow({ attempt: 2, live_at: at(60) }),
      aSandboxRow({ attempt: 3, state: 'creating' }),
    ];

    expect(sandboxSeconds(rows, now(100))).toBe(90 + 40);
  });

  it('goes on over dispatches', () => {
    expect(sandboxSeconds([aSandboxRow({ live_at: at(0), ended_at: at(10), seconds_before: 25 })], now(99))).toBe(35);
  });

  it('is shown by the minute while one runs, so that a snapshot changes no more often', () => {
    const rows = [aSandboxRow({ live_at: at(0), ended_at: at(90.5) }), aSandboxRow({ attempt: 2, live_at: at(60) })];

    expect([61, 119, 120, 179].map((seconds) => shownSandboxSeconds(rows, now(seconds)))).toEqual([
      90.5, 90.5, 150.5, 150.5,
    ]);
  });

  it('is never more than what is reserved for a round', () => {
    const limits = { ...options().limits, wall_seconds: wall.min };

    // A solve of 120 s and 420 s to end it, the same for its verification, and once more for the judge of several.
    expect(mostSandboxSeconds({ attempts: 1, limits })).toBe(2 * 540);
    expect(mostSandboxSeconds({ attempts: 3, limits })).toBe(7 * 540);
  });
});

describe('the cost of a job', () => {
  it('is that of its models and of its sandboxes, exact to the micro-dollar', () => {
    const usage = { calls: 1, cost_usd: 0.1, input: 1, output: 1, cached: 0 };
    const attempts = [anAttempt({ usage }), anAttempt({ n: 2, usage: { ...usage, cost_usd: 0.2 } })];
    const costs = costsOf(attempts, [aSandboxRow({ live_at: at(0), ended_at: at(100) })], now(0));

    expect(costs).toEqual({ models_usd: 0.3, sandboxes_usd: 0.0046, sandbox_seconds: 100 });
    expect(totalUsd(costs)).toBe(0.3046);
  });
});
