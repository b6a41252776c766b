import type { CallbackRequest } from '#core/api/callbacks';
import { SandboxLost } from '#core/errors';
import type { Attempt, Job, SandboxRow } from '#core/job/job';
import type { AttemptToken } from '#core/ports/attempt-tokens';
import type { World } from '#core/ports/world';
import { beatSeconds, ladder, sandboxLife } from '#core/workflow/limits';

type Ports = Pick<World, 'clock' | 'attempts' | 'taskTokens' | 'sandboxLease' | 'note'>;

/** From the runner's end to the end of its attempt, in production seconds. */
const afterRunner = ladder(0).attemptDeadline;

/**
 * A beat: on the attempt's row, to the workflow's step, to the sandbox's lifetime. Events come in between beats; then
 * all three are left out, unless the phase is new: they cost four calls.
 * `settled`: the workflow does not wait for this runner any more.
 */
export async function keepAlive(
  world: Ports,
  runner: { token: AttemptToken; job: Job; attempt: Attempt | undefined; row: SandboxRow },
  request: CallbackRequest,
): Promise<{ settled: boolean; until?: string }> {
  const { attempt, row, token } = runner;
  if (attempt !== undefined && isRecent(world, attempt, request)) return { settled: false };
  if (attempt !== undefined) {
    // A verification has no agent: what the one before it has counted stays.
    const { steps, cost_usd } = token.key.endsWith('#verify') ? (attempt.beat ?? request.hb) : request.hb;
    await world.attempts.change(attempt, { beat: { at: world.clock.at(), phase: request.hb.phase, steps, cost_usd } });
  }
  const done = request.events.some(({ type }) => type === 'done');
  const settled =
    done || row.task_token === undefined ? false : (await world.taskTokens.beat(row.task_token)) === 'settled';
  if (settled || row.sandbox_id === undefined) return { settled };
  const seconds = lifeLeft(world, row);
  if (seconds <= 0) return { settled };
  try {
    return { settled, until: await world.sandboxLease.renew(row.sandbox_id, seconds) };
  } catch (error) {
    // It still talks, so it lives for the moment; its own lifetime decides, not this call.
    if (!(error instanceof SandboxLost)) throw error;
    world.note('a runner reports from a sandbox that its provider does not know', {
      level: 'warning',
      job_id: token.job_id,
      sandbox_key: token.key,
    });
    return { settled };
  }
}

/** Past its deadline a runner is told to finish. */
export function isLate(world: Pick<World, 'clock'>, row: SandboxRow): boolean {
  return row.deadline_at !== undefined && row.deadline_at <= world.clock.at();
}

/** 270 s, and never past the deadline of the attempt. In production seconds. */
function lifeLeft(world: Pick<World, 'clock'>, row: SandboxRow): number {
  if (row.deadline_at === undefined) return sandboxLife.running;
  const untilDeadline = ((Date.parse(row.deadline_at) - world.clock.now()) / 1_000) * world.clock.timeScale;
  return Math.min(sandboxLife.running, Math.floor(untilDeadline + afterRunner));
}

/** Runners beat every 30 s: a third of that tells their beats from the events between them. */
function isRecent(world: Pick<World, 'clock'>, attempt: Attempt, request: CallbackRequest): boolean {
  const { beat } = attempt;
  if (beat === undefined || beat.phase !== request.hb.phase) return false;
  return beat.at > world.clock.at(-beatSeconds / 3);
}
