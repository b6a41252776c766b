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

/** Makes a git repository with these files in one commit on `main`; returns its folder. */
export function aRepository(files: Record<string, string | Buffer> = misspelled): string {
  const folder = mkdtempSync(join(tmpdir(), 'patchbay-repository-'));
  const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  git('init', '--quiet', '--initial-branch=main');
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  git('add', '--all');
  git('-c', 'user.name=Test', '-c', 'user.email=test@example.invalid', 'commit', '--quiet', '--message', 'Start');
  return folder;
}
