import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RepositoryFiles } from './a-repository.ts';

const folder = join(import.meta.dirname, 'repositories');

/** The files of one repository of `test/support/repositories`: text archives, each file after a line `-- its path --`. */
export function aProject(name: string): RepositoryFiles {
  const parts = readFileSync(join(folder, `${name}.txtar`), 'utf8').split(/^-- (.+) --\n/m);
  const files: RepositoryFiles = {};
  for (let at = 1; at < parts.length; at += 2) files[parts[at] ?? ''] = parts[at + 1] ?? '';
  return files;
}
