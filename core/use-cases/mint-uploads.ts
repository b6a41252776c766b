import type { CallbackReply, CallbackRequest } from '#core/api/callbacks';
import type { Attempt } from '#core/job/job';
import type { AttemptToken } from '#core/ports/attempt-tokens';
import type { World } from '#core/ports/world';
import type { RunnerMode } from '#core/workflow/runner';
import { type CheckpointOwner, checkpointBytes, checkpointKey } from './checkpoint-files.ts';

/** Upload forms for what a runner wants to save; minted when used, because they die with the credentials that signed them. */
export async function mintUploads(
  world: Pick<World, 'artifacts'>,
  token: AttemptToken,
  request: CallbackRequest,
): Promise<CallbackReply['uploads']> {
  if (request.mint === undefined || request.mint.length === 0) return undefined;
  const owner = ownerOf(token);
  const minted = await Promise.all(
    request.mint.map(async (name) => {
      const key = checkpointKey(owner, name);
      return [name, await world.artifacts.presignUpload(key, checkpointBytes(name))] as const;
    }),
  );
  return Object.fromEntries(minted);
}

/** What a solve's runner says it has saved; Collect reads the files themselves. */
export async function noteSaved(
  world: Pick<World, 'attempts' | 'clock'>,
  runner: { token: AttemptToken; attempt: Attempt | undefined },
  request: CallbackRequest,
): Promise<void> {
  const { token, attempt } = runner;
  if (attempt === undefined || !token.key.endsWith('#solve')) return;
  if (request.saved === undefined || request.saved.length === 0) return;
  const at = world.clock.at();
  const saved = Object.fromEntries(request.saved.map(({ name, size, sha256 }) => [name, { size, sha256, at }]));
  await world.attempts.change(attempt, { checkpoints: { ...attempt.checkpoints, ...saved } });
}

function ownerOf(token: AttemptToken): CheckpointOwner {
  const { tenant, job_id, round, attempt, key } = token;
  const mode: RunnerMode = key === 'X#judge' ? 'judge' : key.endsWith('#verify') ? 'verify' : 'solve';
  return { tenant, job_id, round, attempt, mode };
}
