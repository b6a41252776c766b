import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { git, gitLine } from './git.ts';

export type Applied = { applied: true; files: string[] } | { applied: false; reason: string };

/**
 * Applies a diff to a working tree by a three-way merge, as `git apply --3way` would, but as a whole or not at all: the
 * merge is made in an index and object store of its own, and what comes out goes to the working tree in one step.
 * Uncommitted changes of the user stay; the user's index is not touched.
 */
export function applyPatch(folder: string, patch: Uint8Array): Applied {
  const own = mkdtempSync(join(tmpdir(), 'patchbay-apply-'));
  try {
    const objects = gitLine(folder, 'rev-parse', '--path-format=absolute', '--git-path', 'objects') ?? '';
    const env = {
      GIT_INDEX_FILE: join(own, 'index'),
      GIT_OBJECT_DIRECTORY: own,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: objects,
    };
    const run = (args: string[], input?: Uint8Array) => git(folder, args, { env, ...(input && { input }) });
    for (const args of [
      ['read-tree', 'HEAD'],
      ['add', '--update', ':/'],
    ]) {
      const { ok, stderr } = run(args);
      if (!ok) return { applied: false, reason: stderr };
    }
    const before = run(['write-tree']).stdout.toString('utf8').trim();
    const merged = run(['apply', '--3way', '--cached', '--whitespace=nowarn'], patch);
    if (!merged.ok) return { applied: false, reason: reasonOf(merged.stderr) };
    const after = run(['write-tree']).stdout.toString('utf8').trim();
    const change = run(['diff', '--binary', '--full-index', '--no-color', '--no-ext-diff', before, after]).stdout;
    if (change.length === 0) return { applied: true, files: [] };
    const top = gitLine(folder, 'rev-parse', '--show-toplevel') ?? folder;
    const written = git(top, ['apply', '--binary', '--whitespace=nowarn'], { input: change });
    if (!written.ok) return { applied: false, reason: reasonOf(written.stderr) };
    const names = run(['diff', '--name-only', '-z', before, after]).stdout.toString('utf8');
    return { applied: true, files: names.split('\0').filter(Boolean) };
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

/** Git's own words, without those about what it tried on the way. */
function reasonOf(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => /conflict|^error:|^U /.test(line));
  return (lines.length > 0 ? lines : [stderr]).map((line) => line.replace(/^U /, 'conflict in ')).join('; ');
}
