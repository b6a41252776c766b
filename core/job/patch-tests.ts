import * as z from 'zod';
import { patchLines } from './patch-summary.ts';

/** Test files of the base commit that a patch changes, moves or deletes. A new one is not among them. */
export const ChangedTests = z.object({
  files: z.int().describe('How many there are.'),
  lines_removed: z.int().describe('From all of them.'),
  paths: z.array(z.string()).describe('As they were named before the patch, the first ten.'),
});
export type ChangedTests = z.infer<typeof ChangedTests>;

const mostPaths = 10;
const longestPath = 200;

/** By path alone, in the ways of each language. Tests inside of a source file (Rust's `mod tests`) are not seen. */
const conventions: ReadonlyArray<readonly [language: string, path: RegExp]> = [
  ['any, by folder: cases, data, snapshots', /(^|\/)([Tt]ests?|__tests__|__snapshots__|testdata)\/.*(?<!\.(md|rst))$/],
  ['Python', /(^|\/)(test_[^/]*|[^/]*_tests?|tests?|conftest)\.py$|(^|\/)pytest\.ini$/],
  ['JavaScript, TypeScript', /[._-](test|spec|cy|e2e)\.[cm]?[jt]sx?$|(^|\/)(spec|e2e|cypress)\/.*\.[cm]?[jt]sx?$/],
  ['JavaScript, TypeScript: snapshots, settings', /\.snap$|(^|\/)(jest|vitest|playwright)\.config\.[cm]?[jt]s$/],
  ['Go', /_test\.go$/],
  [
    'Java, Kotlin, Scala',
    /(^|\/)src\/(t|\w+T)est(Fixtures)?\/|(^|\/)(Test[A-Z]\w*|\w+(Tests?|IT|TestCase|Spec))\.(java|kt|scala|groovy)$/,
  ],
  ['Ruby', /_(spec|test)\.rb$|(^|\/)test_[^/]*\.rb$|(^|\/)spec\/.*\.rb$/],
  ['Rust', /(^|\/)([^/]*_)?tests?\.rs$/],
  ['C#', /Tests?\.(cs|fs|vb)$|(^|\/)[^/]*\.(\w*Tests?|Specs)\/.*\.(cs|fs|vb)$/],
];

/** What a patch does to the tests that are there: counted from its text, as its summary is. */
export function changedTests(patch: string): ChangedTests {
  const files: Array<{ path: string; isNew: boolean; removed: number }> = [];
  for (const { kind, text } of patchLines(patch)) {
    if (kind === 'file') files.push({ path: text, isNew: false, removed: 0 });
    const file = files.at(-1);
    if (file === undefined) continue;
    if (kind === 'removed') file.removed += 1;
    if (kind !== 'header') continue;
    if (/^(new file mode|copy from) /.test(text)) file.isNew = true;
    const before = /^rename from "?(.*?)"?$/.exec(text)?.[1];
    if (before !== undefined) file.path = before;
  }
  const changed = files.filter(({ path, isNew }) => !isNew && isTest(path));
  return {
    files: changed.length,
    lines_removed: changed.reduce((sum, { removed }) => sum + removed, 0),
    paths: changed.slice(0, mostPaths).map(({ path }) => path.slice(0, longestPath)),
  };
}

/** By its end where it is longer than any real one: who wrote the patch may have chosen a path to be slow on. */
function isTest(path: string): boolean {
  const end = path.slice(-500);
  return conventions.some(([, convention]) => convention.test(end));
}
