import type { Attempt, Job } from '#core/job/job';
import type { World } from '#core/ports/world';
import type { RunnerJob } from '#core/workflow/runner';
import type { SandboxStep } from '#core/workflow/steps';
import { inputFolder, unscaled } from './runner-process.ts';
import { readArtifact } from './store-artifacts.ts';

/**
 * Puts the stored patches, and the reproduction tests that came with them, into a verify or judge sandbox: one for
 * verify, those of all solved attempts for the judge. Returns where they are.
 */
export async function placePatches(
  world: Pick<World, 'attempts' | 'artifacts' | 'sandboxes' | 'clock'>,
  step: SandboxStep,
  job: Job,
  sandbox: { id: string; root: string },
): Promise<RunnerJob['patches']> {
  if (step.mode === 'solve') return [];
  const attempts = await world.attempts.list(job.tenant, job.id);
  const wanted = attempts.filter((attempt) => attempt.round === job.round && isWanted(step, attempt));
  const placed: RunnerJob['patches'] = [];
  for (const attempt of wanted) {
    const place = { round: job.round, attempt: attempt.n };
    const patch = await readArtifact(world, job, place, 'diff.patch');
    if (patch === undefined) continue;
    const path = `${inputFolder(sandbox.root, job.id)}/${attempt.n}.patch`;
    await world.sandboxes.write(sandbox.id, path, patch);
    const repro = await placeRepro(world, job, attempt, sandbox);
    placed.push({ attempt: attempt.n, path, ...(repro === undefined ? {} : { repro }) });
  }
  return placed;
}

function isWanted(step: SandboxStep, attempt: Attempt): boolean {
  return step.mode === 'verify' ? attempt.n === step.attempt : attempt.status === 'solved';
}

/** An attempt's archive is not trusted: it is opened only in there, and one that does not open is left out. */
async function placeRepro(
  world: Pick<World, 'artifacts' | 'sandboxes' | 'clock'>,
  job: Job,
  attempt: Attempt,
  sandbox: { id: string; root: string },
): Promise<string | undefined> {
  const archive = await readArtifact(world, job, { round: job.round, attempt: attempt.n }, 'repro.tar');
  if (archive === undefined) return undefined;
  const folder = `${inputFolder(sandbox.root, job.id)}/${attempt.n}-repro`;
  await world.sandboxes.write(sandbox.id, `${folder}.tar`, archive);
  const open = `mkdir -p "${folder}" && tar -x --no-same-owner --no-same-permissions -f "${folder}.tar" -C "${folder}"`;
  const { exit_code } = await world.sandboxes.run(sandbox.id, open, { timeoutSeconds: unscaled(world, 20) });
  return exit_code === 0 ? folder : undefined;
}
