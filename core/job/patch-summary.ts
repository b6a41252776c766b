/** What a patch changes, counted from its text: an attempt's own report is not believed. */
export interface PatchSummary {
  /** Paths after the patch (before it, where it deletes), in order. */
  paths: string[];
  insertions: number;
  deletions: number;
}

/**
 * Reads `git diff` output. Hunk headers say how many lines follow, so that a removed line such as `--- a` is not taken
 * for a header.
 */
export function summarizePatch(patch: string): PatchSummary {
  const summary: PatchSummary = { paths: [], insertions: 0, deletions: 0 };
  for (const line of patchLines(patch)) {
    if (line.kind === 'file') summary.paths.push(line.text);
    if (line.kind === 'added') summary.insertions += 1;
    if (line.kind === 'removed') summary.deletions += 1;
  }
  return summary;
}

export interface PatchLine {
  kind: 'file' | 'header' | 'added' | 'removed' | 'context';
  /** The path, the header's line, or a line of a hunk without its sign. */
  text: string;
}

/** The lines of a patch, told apart. A header says that a file is new, renamed, deleted; binary hunks read as headers. */
export function* patchLines(patch: string): Generator<PatchLine> {
  let before = 0;
  let after = 0;
  for (const line of patch.split('\n')) {
    if (before > 0 || after > 0) {
      const sign = line[0];
      if (sign === '\\') continue;
      if (sign !== '+') before -= 1;
      if (sign !== '-') after -= 1;
      yield { kind: sign === '+' ? 'added' : sign === '-' ? 'removed' : 'context', text: line.slice(1) };
      continue;
    }
    const hunk = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line);
    if (hunk !== null) {
      before = Number(hunk[1] ?? 1);
      after = Number(hunk[2] ?? 1);
    } else if (line.startsWith('diff --git ')) {
      yield { kind: 'file', text: pathOf(line) };
    } else {
      yield { kind: 'header', text: line };
    }
  }
}

/** `diff --git a/x b/x`: the part after ` b/`; git quotes paths with odd characters. */
function pathOf(header: string): string {
  const quoted = / "b\/((?:[^"\\]|\\.)*)"$/.exec(header);
  if (quoted !== null) return quoted[1] ?? '';
  const rest = header.slice('diff --git '.length);
  // Without a rename both halves are the same length, which also holds for paths with " b/" in them.
  const half = rest.slice((rest.length + 1) / 2);
  if (half.startsWith('b/') && rest === `a/${half.slice(2)} ${half}`) return half.slice(2);
  return rest.slice(rest.lastIndexOf(' b/') + 3);
}
