import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made = new Set<string>();
const remove = (path: string) => rmSync(path, { recursive: true, force: true, maxRetries: 3 });
process.on('exit', () => {
  for (const path of made) remove(path);
});

/** A new folder that is gone after `remove`, and at the latest when the process ends. */
export function temporaryFolder(name: string): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), `patchbay-${name}-`));
  made.add(path);
  return {
    path,
    remove() {
      remove(path);
      made.delete(path);
    },
  };
}
