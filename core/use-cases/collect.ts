import { Cancelled, SandboxLost } from '#core/errors';
import type { CollectInput, CollectResult } from '#core/workflow/steps';
import { collectJudge } from './collect-judge.ts';
import type { CollectParts, CollectPorts } from './collect-parts.ts';
import { collectSolve } from './collect-solve.ts';
import { collectVerify } from './collect-verify.ts';
import { killSandbox } from './kill-sandbox.ts';
import { isOfDispatch, readStepRows } from './step-rows.ts';

/**
 * Takes over what a runner left, and kills its sandbox. Also while the job is being cancelled: what there is, is kept.
 * Every mode stores first, then writes the status, then kills: a repeated step finds its work done and only kills.
 *
 * 1. The job is of this dispatch, running or cancelling; else kill, Cancelled.
 * 2. By mode: files out of the sandbox, checked and stored; the status that follows from them.
 * 3. Kill, confirmed.
 *
 * @throws Cancelled, SandboxLost when there never was a sandbox
 */
export async function collect(world: CollectPorts, input: CollectInput): Promise<CollectResult> {
  const rows = await readStepRows(world, input);
  if (rows === undefined || !isOfDispatch(rows.job, input, 'cancelling')) {
    if (rows?.row !== undefined) await killSandbox(world, rows.row);
    throw new Cancelled(`${input.job_id} is not at work under dispatch ${input.dispatch} any more`);
  }
  const { job, attempt, row } = rows;
  const silent = input.error === 'States.HeartbeatTimeout';
  world.note('runner ended', { mode: input.mode, error: input.error, metrics: { HeartbeatLost: silent ? 1 : 0 } });
  if (row === undefined) throw new SandboxLost(`${input.job_id} never had a sandbox for ${input.mode}`);
  if (input.mode === 'judge') return await collectJudge(world, { input, job, row });
  if (attempt === undefined) throw new Cancelled(`${input.job_id} has no attempt ${input.attempt}`);
  const parts: CollectParts = { input, job, attempt, row };
  return input.mode === 'solve' ? await collectSolve(world, parts) : await collectVerify(world, parts);
}
