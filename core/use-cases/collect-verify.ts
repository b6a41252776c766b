import { failure } from '#core/errors';
import type { Attempt } from '#core/job/job';
import { Evidence } from '#core/workflow/runner';
import type { CollectResult } from '#core/workflow/steps';
import {
  type CollectParts,
  type CollectPorts,
  isCancelled,
  isCutShort,
  isHurried,
  listedIfCancelled,
} from './collect-parts.ts';
import { killSandbox } from './kill-sandbox.ts';
import { moveAttempt } from './move-attempt.ts';
import { filesOf, parsedJson, readOutput, type SandboxOutput } from './sandbox-output.ts';
import { sha256OfBytes, storeArtifacts, withArtifacts } from './store-artifacts.ts';

/** Beside the solve's own files: the log has another name. */
const names = { 'logs.txt': 'verify-logs.txt', 'result.json': 'verify-result.json' };

/**
 * The end of a Verify: what a fresh sandbox saw of the patch. Evidence is saved as it comes, and partial evidence ranks.
 *
 * 1. Files out of the sandbox. Evidence counts only for this very patch, changes.tar only with the hash it names.
 * 2. It does not apply → failed, patch_rejected. Else solved; `verified` only by complete evidence.
 * 3. Kill.
 */
export async function collectVerify(world: CollectPorts, parts: CollectParts): Promise<CollectResult> {
  const open = parts.attempt.status === 'verifying' || isToKeep(parts);
  const ended = open ? await takeOver(world, parts) : parts.attempt;
  await killSandbox(world, parts.row);
  return { verify: false, status: ended.status };
}

/** Cancelled by itself, and nobody has taken the files of its verification yet. */
function isToKeep({ attempt, row }: CollectParts): boolean {
  const taken = attempt.artifacts.some(({ name }) => name.endsWith('/verify-logs.txt'));
  return attempt.status === 'cancelled' && !taken && row.state !== 'dead';
}

async function takeOver(world: CollectPorts, parts: CollectParts): Promise<Attempt> {
  const { job, attempt, row } = parts;
  const output = await readOutput(world, row, 'verify', isHurried(parts) || attempt.status === 'cancelled');
  const evidence = await usable(attempt, output);
  const partial = isCutShort(parts, attempt, output.result);
  const files = filesOf(output, names).map((file) => ({ ...file, partial }));
  const stored = await storeArtifacts(world, job, { round: job.round, attempt: attempt.n }, files);
  const changes = { artifacts: withArtifacts(attempt.artifacts, stored), finished_at: world.clock.at() };
  if (attempt.status === 'cancelled') return await listedIfCancelled(world, attempt, { artifacts: changes.artifacts });
  return await listedIfCancelled(world, await settled(world, parts, { output, evidence, changes }), {
    artifacts: changes.artifacts,
  });
}

interface Found {
  output: SandboxOutput;
  evidence: Evidence | undefined;
  changes: Pick<Attempt, 'artifacts'> & { finished_at: string };
}

async function settled(
  world: CollectPorts,
  parts: CollectParts,
  { output, evidence, changes }: Found,
): Promise<Attempt> {
  const { job, attempt } = parts;
  if (isCancelled(parts)) return await moveAttempt(world, job, attempt, 'cancelled', changes);
  if (evidence?.applies === false) {
    const why = failure('patch_rejected', `The patch does not apply: ${evidence.apply_error ?? 'no reason given'}`);
    return await moveAttempt(world, job, attempt, 'failed', { ...changes, failure: why }, { failure: why });
  }
  const verified = evidence?.complete === true;
  const data = verified ? { verified } : { verified, reason: reasonOf(parts, evidence, output) };
  return await moveAttempt(world, job, attempt, 'solved', { ...changes, verified }, data);
}

/** Drops what is not about this patch; then it is as if it had not been written. */
async function usable(attempt: Attempt, output: SandboxOutput): Promise<Evidence | undefined> {
  const evidence = parsedJson(Evidence, output.files.get('evidence.json'));
  if (evidence === undefined || evidence.attempt !== attempt.n || evidence.patch_sha256 !== attempt.diff?.sha256) {
    output.files.delete('evidence.json');
    output.files.delete('changes.tar');
    return undefined;
  }
  const changes = output.files.get('changes.tar');
  if (changes !== undefined && (await sha256OfBytes(changes)) !== evidence.changes?.sha256) {
    output.files.delete('changes.tar');
  }
  return evidence;
}

function reasonOf({ input }: CollectParts, evidence: Evidence | undefined, output: SandboxOutput): string {
  if (output.lost) return 'The sandbox of the verification was lost.';
  if (evidence !== undefined) return 'The verification did not get to its end.';
  return input.error === undefined ? 'The verification left no evidence.' : `The verification failed: ${input.error}.`;
}
