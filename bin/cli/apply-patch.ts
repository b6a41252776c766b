import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { git, gitLine } from './git.ts';

export type Applied = { applied: true; files: string[] } | { applied: false; reason: string };

/** What git complained about. */
class GitRefused extends Error {}

/**
 * Applies a diff to a working tree by a three-way merge, as `git apply --3way` would, but as a whole or not at all: the
 * merge is made in an index and object store of its own, and what comes out goes to the working tree in one step.
 * Uncommitted changes of the user stay; the user's index is not touched.
 */
export function applyPatch(folder: string, patch: Uint8Array): Applied {
  const own = mkdtempSync(join(tmpdir(), 'patchbay-apply-'));
  try {
    return { applied: true, files: merge(folder, patch, own) };
  } catch (error) {
    if (!(error instanceof GitRefused)) throw error;
    return { applied: false, reason: error.message };
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

/** @returns the files that were changed @throws GitRefused before anything was */
function merge(folder: string, patch: Uint8Array, own: string): string[] {
  // Below the top, `git apply` would leave out what is outside of the folder, without a word.
  const top = gitLine(folder, 'rev-parse', '--show-toplevel') ?? folder;
  const env = {
    GIT_INDEX_FILE: join(own, 'index'),
    GIT_OBJECT_DIRECTORY: own,
    GIT_ALTERNATE_OBJECT_DIRECTORIES:
      gitLine(top, 'rev-parse', '--path-format=absolute', '--git-path', 'objects') ?? '',
  };
  const run = (args: string[], input?: Uint8Array) => {
    const { ok, stdout, stderr } = git(top, args, { env, ...(input && { input }) });
    if (!ok) throw new GitRefused(reasonOf(stderr));
    return stdout;
  };
  const tree = () => run(['write-tree']).toString('utf8').trim();

  run(['read-tree', 'HEAD']);
  run(['add', '--update']);
  const named = namesIn(run(['apply', '--numstat', '-z'], patch)).filter((name) => existsSync(join(top, name)));
  // New files of the diff that are there already, untracked or even ignored.
  if (named.length > 0) run(['--literal-pathspecs', 'add', '--force', '--', ...named]);
  const before = tree();
  run(['apply', '--3way', '--cached', '--whitespace=nowarn'], patch);
  const after = tree();
  const change = run(['diff', '--binary', '--full-index', '--no-color', '--no-ext-diff', before, after]);
  if (change.length === 0) return [];
  const written = git(top, ['apply', '--binary', '--whitespace=nowarn'], { input: change });
  if (!written.ok) throw new GitRefused(reasonOf(written.stderr));
  return namesIn(run(['diff', '--numstat', '--no-renames', '-z', before, after]));
}

/** Of `--numstat -z`: added, deleted and name in columns, a NUL after each. */
function namesIn(numstat: Buffer): string[] {
  const rows = numstat.toString('utf8').split('\0').filter(Boolean);
  return rows.map((row) => row.replace(/^[^\t]*\t[^\t]*\t/, ''));
}

/** Git's own words, without those about what it did on the way: it calls a merge with conflicts applied. */
function reasonOf(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => /^error:|^fatal:|^U /.test(line));
  return (lines.length > 0 ? lines : [stderr]).map((line) => line.replace(/^U /, 'conflict in ')).join('; ');
}
