import { SandboxLost } from '#core/errors';
import { sandboxKey, sha256Hex } from '#core/ids';
import type { Attempt, Job, SandboxRow } from '#core/job/job';
import type { World } from '#core/ports/world';
import { ladder, sandboxLife, verifyWall } from '#core/workflow/limits';
import { sandboxPaths } from '#core/workflow/runner';
import type { RunAgentInput } from '#core/workflow/steps';
import { placePatches } from './candidate-patches.ts';
import { runnerJob } from './runner-job.ts';
import { lookAround, type RunnerPlace, startRunner } from './runner-process.ts';
import { rowsAtWork } from './step-rows.ts';

type Ports = Pick<
  World,
  | 'clock'
  | 'installation'
  | 'note'
  | 'jobs'
  | 'attempts'
  | 'sandboxRows'
  | 'sandboxes'
  | 'sessions'
  | 'artifacts'
  | 'attemptTokens'
>;

/**
 * Starts the runner in its sandbox, once; the step then waits for the task token to be answered.
 *
 * 1. Job and attempt at work, else Cancelled.
 * 2. The task token on the sandbox row, before there is anybody who could want to answer it.
 * 3. A runner that was started before stays the only one; it answers by the token that is on the row then.
 * 4. The attempt token: only its sha256 is stored; the gateway takes it in solve alone.
 * 5. Patches (verify, judge) and job.json into the sandbox; 270 s to live; start.
 *
 * @throws SandboxLost, Cancelled
 */
export async function runAgent(world: Ports, input: RunAgentInput): Promise<Record<string, never>> {
  const { job, attempt, row } = await rowsAtWork(world, input);
  if (row?.sandbox_id === undefined) throw new SandboxLost(`${input.job_id} has no sandbox for ${input.mode}`);
  const own = await world.sandboxRows.change(row, { task_token: input.task_token });
  const place = await lookAround(world, row.sandbox_id);
  const pid = place.pid ?? row.runner_pid;
  if (pid === undefined) await start(world, { input, job, attempt, row: own, sandboxId: row.sandbox_id, place });
  else await world.sandboxRows.change(own, { state: 'running', runner_pid: pid });
  return {};
}

interface Start {
  input: RunAgentInput;
  job: Job;
  attempt: Attempt | undefined;
  row: SandboxRow;
  sandboxId: string;
  place: RunnerPlace;
}

async function start(world: Ports, { input, job, attempt, row, sandboxId, place }: Start): Promise<void> {
  const token = world.clock.randomToken();
  const [minted, patches] = await Promise.all([
    mintToken(world, { input, job, attempt, row, token }),
    placePatches(world, input, job, { id: sandboxId, root: place.root }),
  ]);
  const task = await runnerJob(world, { step: input, job, attempt, row, root: place.root, token, patches });
  await Promise.all([
    world.sandboxes.write(sandboxId, sandboxPaths.input, JSON.stringify(task)),
    world.sandboxes.setLife(sandboxId, sandboxLife.running),
  ]);
  const pid = await startRunner(world, sandboxId);
  await world.sandboxRows.change(minted, { state: 'running', runner_pid: pid });
}

async function mintToken(
  world: Ports,
  { input, job, attempt, row, token }: Omit<Start, 'sandboxId' | 'place'> & { token: string },
): Promise<SandboxRow> {
  if (row.token_sha256 !== undefined) await world.attemptTokens.revoke(row.token_sha256);
  const sha256 = await sha256Hex(token);
  const t = job.options.limits.wall_seconds;
  const { cost_usd, steps } = job.options.limits;
  // On the row first: whatever is found there is revoked at the end, whether it was ever stored or not.
  const marked = await world.sandboxRows.change(row, { token_sha256: sha256 });
  await world.attemptTokens.put({
    sha256,
    tenant: job.tenant,
    job_id: job.id,
    session_id: job.session_id,
    key: sandboxKey(input.mode, input.attempt),
    attempt: input.attempt,
    round: input.round,
    dispatch: input.dispatch,
    ...(input.mode === 'solve' && attempt !== undefined ? { gateway: { model: attempt.model, cost_usd, steps } } : {}),
    expires_at: world.clock.at(ladder(input.mode === 'solve' ? t : verifyWall(t)).attemptDeadline),
  });
  return marked;
}
