// Makes the sample repository out of `history/`: one folder per commit, in order, with commit.json and the files that the
// commit adds or changes. Authors, dates and modes are fixed, so its commit ids are the same on every machine.
// Plain JavaScript: it also runs where only an older Node is installed.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** The issue that the recorded turns of `replay/sample` solve: {number, title, body, test_command}. */
export const sampleIssue = JSON.parse(readFileSync(join(here, 'issue.json'), 'utf8'));

/**
 * Creates the repository in `folder` (made if missing, must be empty) on branch `main`.
 * @param {string} folder
 * @returns {{head: string}} the commit id of `main`
 */
export function makeSampleRepository(folder) {
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).length > 0) throw new Error(`${folder} is not empty`);
  git(folder, {}, 'init', '--quiet', '--initial-branch=main', '--object-format=sha1', '--template=');
  for (const name of readdirSync(join(here, 'history')).sort()) commit(folder, join(here, 'history', name));
  return { head: git(folder, {}, 'rev-parse', 'HEAD').trim() };
}

function commit(folder, source) {
  const { message, author, date } = JSON.parse(readFileSync(join(source, 'commit.json'), 'utf8'));
  cpSync(join(source, 'files'), folder, { recursive: true });
  plainModes(join(source, 'files'), folder);
  const [, name, email] = /^(.*) <(.*)>$/.exec(author) ?? [];
  const who = {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
    GIT_COMMITTER_DATE: date,
  };
  git(folder, {}, 'add', '--all');
  git(folder, who, 'commit', '--quiet', '--no-gpg-sign', '--no-verify', '--cleanup=verbatim', '-m', `${message}\n`);
}

/** Modes are part of a commit's id, and a copy of this folder may have others. */
function plainModes(source, folder) {
  for (const name of readdirSync(source, { recursive: true })) {
    if (statSync(join(source, name)).isFile()) chmodSync(join(folder, name), 0o644);
  }
}

/** Without the configuration of the machine or the user: line endings, hooks, signing, ignored files. */
function git(folder, extra, ...args) {
  const own = {
    PATH: process.env.PATH,
    HOME: folder,
    XDG_CONFIG_HOME: folder,
    GIT_CONFIG_NOSYSTEM: '1',
    LC_ALL: 'C',
    TZ: 'UTC',
  };
  return execFileSync('git', ['-c', 'core.autocrlf=false', '-c', 'core.hooksPath=/dev/null', ...args], {
    cwd: folder,
    env: { ...own, ...extra },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
