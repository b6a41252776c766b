import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A repository of one module with a spelling bug and one failing test, in the standard library's unittest. */
export const misspelled = {
  'greet.py': 'def greet(name):\n    return "Helo, " + name\n',
  'test_greet.py':
    'import unittest\nfrom greet import greet\n\n\nclass GreetTest(unittest.TestCase):\n    def test_greets(self):\n        self.assertEqual(greet("Ada"), "Hello, Ada")\n\n    def test_keeps_the_name(self):\n        self.assertTrue(greet("Ada").endswith("Ada"))\n',
};

/** Runs the tests of `misspelled`. */
export const testCommand = 'python3 -m unittest';

export type RepositoryFiles = Record<string, string | Buffer>;

/**
 * Makes a git repository with these files in one commit on `main`; returns its folder.
 * @param prepare changes the folder before the commit: links, modes, submodules
 */
export function aRepository(files: RepositoryFiles = misspelled, prepare?: (folder: string) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'patchbay-repository-'));
  const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  git('init', '--quiet', '--initial-branch=main');
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  prepare?.(folder);
  git('add', '--all');
  git('-c', 'user.name=Test', '-c', 'user.email=test@example.invalid', 'commit', '--quiet', '--message', 'Start');
  return folder;
}
