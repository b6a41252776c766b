import { caps } from '#core/workflow/limits';
import { addedSecret } from './patch-secrets.ts';
import { summarizePatch } from './patch-summary.ts';

/** Whether a patch may be a candidate at all, read from its text alone. */
export type PatchGate =
  | { gate: null; files: number; insertions: number; deletions: number }
  | { gate: 'empty' | 'too_large' | 'secret'; reason: string };

/** `truncated`: the runner left the patch out for its size and wrote a list of files in its place. */
export function patchGate(patch: string | undefined, truncated: boolean): PatchGate {
  if (truncated || (patch?.length ?? 0) > caps.patchBytes) {
    return { gate: 'too_large', reason: `The patch is larger than ${caps.patchBytes / 1_024 / 1_024} MB.` };
  }
  const { paths, insertions, deletions } = summarizePatch(patch ?? '');
  if (patch === undefined || paths.length === 0) return { gate: 'empty', reason: 'There is no change.' };
  const secret = addedSecret(patch);
  if (secret !== undefined) return { gate: 'secret', reason: `The patch adds what looks like ${secret}.` };
  return { gate: null, files: paths.length, insertions, deletions };
}
