import { failure } from '#core/errors';
import { attemptFailure } from '#core/job/attempt-failure';
import type { Attempt } from '#core/job/job';
import { type PatchGate, patchGate } from '#core/job/patch-gate';
import { changedTests } from '#core/job/patch-tests';
import type { CollectResult } from '#core/workflow/steps';
import { readCheckpoints } from './checkpoint-files.ts';
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
import { filesOf, readOutput, type SandboxOutput } from './sandbox-output.ts';
import { type ArtifactFile, storeArtifacts, withArtifacts } from './store-artifacts.ts';

/**
 * The end of a solve.
 *
 * 1. running → collecting.
 * 2. Files out of the sandbox; where the runner did not finish, its checkpoints stand in for what is missing.
 * 3. The patch is read here: counted, searched for secrets. The runner's own report decides nothing but the reason of
 *    a failure.
 * 4. A usable patch → verifying; none → empty or failed; a lost sandbox → failed, with its last checkpoint. An attempt
 *    that was cancelled stays so: its files are only listed.
 * 5. Kill. Only a confirmed one lets Verify follow on the same permit.
 */
export async function collectSolve(world: CollectPorts, parts: CollectParts): Promise<CollectResult> {
  const { attempt } = parts;
  const open = attempt.status === 'running' || attempt.status === 'collecting' || isToKeep(parts);
  const ended = open ? await takeOver(world, parts) : attempt;
  const dead = await killSandbox(world, parts.row);
  return { verify: dead && ended.status === 'verifying' && parts.job.status === 'running', status: ended.status };
}

/** Cancelled by itself, and nobody has taken its files yet. */
function isToKeep({ attempt, row }: CollectParts): boolean {
  return attempt.status === 'cancelled' && attempt.artifacts.length === 0 && row.state !== 'dead';
}

async function takeOver(world: CollectPorts, parts: CollectParts): Promise<Attempt> {
  const { job, row } = parts;
  const attempt =
    parts.attempt.status === 'running' ? await moveAttempt(world, job, parts.attempt, 'collecting', {}) : parts.attempt;
  if (attempt.status !== 'collecting' && !isToKeep({ ...parts, attempt })) return attempt;
  const hurried = isHurried(parts) || attempt.status === 'cancelled';
  const output = await readOutput(world, row, 'solve', hurried);
  const files = await withCheckpoints(world, parts, attempt, output);
  const stored = await storeArtifacts(world, job, { round: job.round, attempt: attempt.n }, files);
  const artifacts = withArtifacts(attempt.artifacts, stored);
  const patch = files.find(({ name }) => name === 'diff.patch');
  const text = patch === undefined ? undefined : new TextDecoder().decode(patch.body);
  const gate = patchGate(text, output.result?.truncated ?? false);
  const sha256 = stored.find(({ name }) => name.endsWith('/diff.patch'))?.sha256;
  const diff = diffOf(gate, patch && { bytes: patch.body.length, text: text ?? '' }, sha256);
  const changes = { artifacts, ...(diff && { diff }) };
  if (attempt.status === 'cancelled') return await listedIfCancelled(world, attempt, changes);
  return await listedIfCancelled(world, await settled(world, parts, attempt, { output, gate, changes }), changes);
}

/**
 * Without result.json the runner did not get to its end: then an older file of it is better than none. What it left when
 * it was stopped is partial too.
 */
async function withCheckpoints(
  world: CollectPorts,
  parts: CollectParts,
  attempt: Attempt,
  output: SandboxOutput,
): Promise<ArtifactFile[]> {
  const { result } = output;
  const partial = isCutShort(parts, attempt, result);
  const files: ArtifactFile[] = filesOf(output).map((file) => ({ ...file, partial }));
  if (result !== undefined) return files;
  const { job } = parts;
  const owner = { tenant: job.tenant, job_id: job.id, round: job.round, attempt: attempt.n, mode: 'solve' as const };
  for (const [name, body] of await readCheckpoints(world, owner)) {
    if (!output.files.has(name)) files.push({ name, body, partial: true });
  }
  return files;
}

function diffOf(
  gate: PatchGate,
  patch: { bytes: number; text: string } | undefined,
  sha256: string | undefined,
): Attempt['diff'] {
  if (gate.gate !== null || patch === undefined || sha256 === undefined) return undefined;
  const { files, insertions, deletions } = gate;
  return { files, insertions, deletions, sha256, bytes: patch.bytes, tests: changedTests(patch.text) };
}

interface Found {
  output: SandboxOutput;
  gate: PatchGate;
  changes: Pick<Attempt, 'artifacts'> & { diff?: Attempt['diff'] & {} };
}

async function settled(
  world: CollectPorts,
  parts: CollectParts,
  attempt: Attempt,
  { output, gate, changes }: Found,
): Promise<Attempt> {
  const { job, input } = parts;
  const notes = output.notes.length === 0 ? undefined : { notes: output.notes };
  const ended = { ...changes, finished_at: world.clock.at() };
  if (isCancelled(parts)) return await moveAttempt(world, job, attempt, 'cancelled', ended, notes);
  if (gate.gate === null && !output.lost) return await moveAttempt(world, job, attempt, 'verifying', changes, notes);
  const rejected = gate.gate === 'secret' || gate.gate === 'too_large';
  const why =
    rejected && !output.lost
      ? failure('patch_rejected', gate.reason)
      : attemptFailure({ error: input.error, cause: input.cause, result: output.result, lost: output.lost });
  const to = why.code === 'no_patch' ? 'empty' : 'failed';
  return await moveAttempt(world, job, attempt, to, { ...ended, failure: why }, { ...notes, failure: why });
}
