import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { baseCommit } from './base-commit.ts';
import type { Connection } from './connection.ts';
import { git, gitLine } from './git.ts';
import type { Shell } from './shell.ts';
import { UsageError } from './usage-error.ts';

export interface ChosenRepository {
  url: string;
  /** As the request takes it. */
  ref: string | undefined;
  /** For a person: where it is, and at which commit. */
  shown: string;
}

const forms = '--repo takes a folder with a git repository, or a clone URL over https.';

/** Before anything else is asked for. @throws UsageError */
export function requireRepository(given: string | undefined): string {
  if (given === undefined) throw new UsageError('--repo', 'is missing.', forms);
  return given;
}

/**
 * What `--repo` names, as a clone URL. A folder's branches go onto the laptop's git host; a deployed install cannot read
 * this machine. @throws UsageError
 */
export async function chooseRepository(
  shell: Shell,
  { repo: given, ref }: { repo: string; ref: string | undefined },
  connection: Pick<Connection, 'ask'>,
): Promise<ChosenRepository> {
  if (/^https?:\/\//.test(given)) return { url: given, ref, shown: ref === undefined ? given : `${given} at ${ref}` };
  if (/^([\w.-]+@[\w.-]+:|\w+:\/\/)/.test(given))
    throw new UsageError('--repo', `"${given}" is not over https.`, forms);
  const folder = repositoryAt(shell, given, { bare: true });
  const { ask } = connection;
  if (!ask) {
    const remedy = 'Push the commit to a host that the install reaches and give its clone URL, or use `npm start`.';
    throw new UsageError('--repo', `a deployed install cannot read ${folder}.`, remedy);
  }
  const base = baseCommit(folder, ref);
  const dirty = uncommitted(folder);
  if (dirty > 0)
    shell.err(
      `WARNING: ${dirty} uncommitted change${dirty > 1 ? 's' : ''} in ${folder}: the attempts start from commit ${base.sha} without.`,
    );
  const url = await ask<string>('importRepository', { name: hostedName(folder), path: folder });
  return { url, ref: base.ref, shown: `${folder} at ${base.sha}${base.name === undefined ? '' : ` (${base.name})`}` };
}

/**
 * The top of the repository that a path is in.
 * @param may `bare`: one without a working tree will do @throws UsageError
 */
export function repositoryAt(shell: Shell, given: string, may: { bare: boolean } = { bare: false }): string {
  const folder = resolve(shell.cwd, given);
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new UsageError('--repo', `there is no folder ${folder}.`, forms);
  const isBare = gitLine(folder, 'rev-parse', '--is-bare-repository') === 'true';
  if (isBare && !may.bare)
    throw new UsageError('--repo', `${folder} is a bare repository, without files.`, 'Name a working tree.');
  const run = git(folder, ['rev-parse', isBare ? '--absolute-git-dir' : '--show-toplevel']);
  if (!run.ok) throw new UsageError('--repo', `${folder} is no git repository (${run.stderr.split('\n')[0]}).`, forms);
  return run.stdout.toString('utf8').trimEnd();
}

/** Files that `git status` names, untracked ones too. */
function uncommitted(folder: string): number {
  const { stdout } = git(folder, ['status', '--porcelain', '--untracked-files=normal']);
  return stdout.toString('utf8').split('\n').filter(Boolean).length;
}

/** The same folder has the same name at the git host, two folders of one name have two. */
function hostedName(folder: string): string {
  const digest = createHash('sha256').update(folder).digest('hex').slice(0, 8);
  const name = basename(folder)
    .replace(/[^\w.-]/g, '-')
    .replace(/^[.-]+|\.{2,}/g, '');
  return `${name || 'repository'}-${digest}`;
}
