import { patchLines } from './patch-summary.ts';

/**
 * What a patch does, without how it is written: paths and changed lines without comments, whitespace and hunk headers.
 * Two attempts with the same text here found the same solution.
 */
export function normalizedPatch(patch: string): string {
  const kept: string[] = [];
  for (const line of patchLines(patch)) {
    if (line.kind === 'context' || line.kind === 'header') continue;
    if (line.kind === 'file') {
      kept.push(`@${line.text}`);
      continue;
    }
    const text = withoutComment(line.text).replace(/\s+/g, '');
    if (text !== '') kept.push(`${line.kind === 'added' ? '+' : '-'}${text}`);
  }
  return kept.join('\n');
}

/** Line comments of the common languages; a marker inside a string is cut too, in every candidate alike. */
function withoutComment(line: string): string {
  return line.replace(/(^|\s)(#|\/\/|--\s|;;).*$/, '').replace(/\/\*.*?\*\//g, '');
}

/** How many of the patches say the same, by the patch's key: its own cluster's size. */
export function clusterSizes(patches: ReadonlyMap<number, string>): Map<number, number> {
  const members = new Map<string, number>();
  const keys = new Map([...patches].map(([attempt, patch]) => [attempt, normalizedPatch(patch)]));
  for (const key of keys.values()) members.set(key, (members.get(key) ?? 0) + 1);
  return new Map([...keys].map(([attempt, key]) => [attempt, members.get(key) ?? 1]));
}
