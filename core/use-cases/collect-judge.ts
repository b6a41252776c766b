import { LostRace } from '#core/errors';
import type { Job, SandboxRow } from '#core/job/job';
import type { CollectInput, CollectResult } from '#core/workflow/steps';
import { type CollectPorts, isHurried } from './collect-parts.ts';
import { killSandbox } from './kill-sandbox.ts';
import { filesOf, readOutput } from './sandbox-output.ts';
import { storeArtifacts, withArtifacts } from './store-artifacts.ts';

const names = { 'logs.txt': 'judge-logs.txt', 'result.json': 'judge-result.json' };

/** The end of the judge's sandbox: the cross tests' results become files of the job. Then kill. */
export async function collectJudge(
  world: CollectPorts,
  parts: { input: CollectInput; job: Job; row: SandboxRow },
): Promise<CollectResult> {
  const { job, row } = parts;
  if (row.state !== 'dead') {
    const output = await readOutput(world, row, 'judge', isHurried(parts));
    const stored = await storeArtifacts(world, job, { round: job.round, attempt: 'job' }, filesOf(output, names));
    await addToJob(world, job, stored);
  }
  await killSandbox(world, row);
  return { verify: false, status: job.status };
}

/** Cancelled meanwhile: the files are stored all the same, and whoever ends the job lists them. */
async function addToJob(world: CollectPorts, job: Job, stored: Job['artifacts']): Promise<void> {
  try {
    await world.jobs.change(job, { artifacts: withArtifacts(job.artifacts, stored) });
  } catch (error) {
    if (!(error instanceof LostRace)) throw error;
  }
}
