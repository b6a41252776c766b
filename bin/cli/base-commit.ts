import { git, gitLine } from './git.ts';
import { UsageError } from './usage-error.ts';

/** Where the attempts start in a repository of this machine. */
export interface BaseCommit {
  /** For a person. */
  sha: string;
  /** For a person: the branch, or what was typed; undefined for a detached HEAD. */
  name: string | undefined;
  /** For the request, which knows branches, tags and whole commit ids; undefined: the checked-out branch. */
  ref: string | undefined;
}

/** @param ref what `--ref` says; anything that git reads as a commit @throws UsageError when the git host would not have it */
export function baseCommit(folder: string, ref: string | undefined): BaseCommit {
  const head = commitAt(folder, 'HEAD');
  if (!head) throw new UsageError('--repo', `${folder} has no commit yet.`, 'Commit what the work starts from.');
  if (ref === undefined || ref === 'HEAD')
    return { sha: short(head), name: gitLine(folder, 'symbolic-ref', '--quiet', '--short', 'HEAD'), ref: undefined };
  const named = commitAt(folder, `refs/heads/${ref}`) ?? commitAt(folder, `refs/tags/${ref}`);
  if (named) return { sha: short(named), name: ref, ref };
  const sha = commitAt(folder, ref);
  if (!sha) {
    const remedy = '`git branch` and `git tag` list them; HEAD is taken without --ref.';
    throw new UsageError('--ref', `"${ref}" is no branch, tag or commit of ${folder}.`, remedy);
  }
  if (!isCopied(folder, sha)) {
    const remedy = `Give it one: git branch <name> ${short(sha)}.`;
    throw new UsageError('--ref', `commit ${short(sha)} is on no branch and no tag of ${folder}.`, remedy);
  }
  return { sha: short(sha), name: ref === sha ? undefined : ref, ref: sha };
}

function commitAt(folder: string, name: string): string | undefined {
  return gitLine(folder, 'rev-parse', '--quiet', '--verify', '--end-of-options', `${name}^{commit}`);
}

/** The git host has branches, tags and HEAD: none of a remote, and nothing that only the reflog knows. */
function isCopied(folder: string, sha: string): boolean {
  const holding = gitLine(folder, 'for-each-ref', '--count=1', '--contains', sha, 'refs/heads', 'refs/tags');
  return Boolean(holding) || git(folder, ['merge-base', '--is-ancestor', sha, 'HEAD']).ok;
}

function short(sha: string): string {
  return sha.slice(0, 12);
}
