import { readdirSync, readFileSync } from 'node:fs';

/** Command lines of this machine's processes that name a folder in their arguments or environment. Linux only. */
export function processesUnder(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => ({ arguments: textOf(`/proc/${pid}/cmdline`), environment: textOf(`/proc/${pid}/environ`) }))
    .filter((found) => `${found.arguments}\n${found.environment}`.includes(folder))
    .map((found) => found.arguments.replaceAll('\0', ' ').trim());
}

/** Empty when the process has ended meanwhile, or is somebody else's. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
