import { describe, expect, it } from 'vitest';
import { changedTests } from '#core/job/patch-tests';
import { testCounts, testNotes } from '#core/job/test-notes';

const hunk = ['@@ -1,3 +1,2 @@', ' same', '-first', '---- second', '+one'];

/** One file of a patch; `header` stands between its names and its hunk. */
const file = (path: string, header: string[] = [], before = path) =>
  [`diff --git a/${before} b/${path}`, ...header, `--- a/${before}`, `+++ b/${path}`, ...hunk, ''].join('\n');

describe('the tests that a patch changes', () => {
  it.each([
    ['Python', ['test_cart.py', 'shop/cart_test.py', 'shop/tests.py', 'conftest.py', 'tests/data/cart.json']],
    ['JavaScript', ['src/cart.test.ts', 'src/cart.spec.jsx', 'a/__tests__/cart.mjs', 'e2e/cart.ts', 'jest.config.cjs']],
    ['snapshots', ['src/__snapshots__/cart.txt', 'src/cart.test.ts.snap']],
    ['Go', ['cart/cart_test.go', 'cart/testdata/golden.txt']],
    ['Java', ['app/src/test/java/shop/Fixtures.java', 'shop/CartTest.kt', 'shop/CartIT.java', 'shop/TestCart.java']],
    ['Ruby', ['spec/cart_spec.rb', 'spec/spec_helper.rb', 'test/cart_test.rb', 'lib/test_cart.rb']],
    ['Rust', ['tests/cart.rs', 'src/cart/tests.rs', 'src/cart_test.rs']],
    ['C#', ['Shop.Tests/Builders.cs', 'src/Shop.UnitTests/Cart.cs', 'Shop/CartTests.cs']],
  ])('are known by the paths of %s', (_, paths) => {
    expect(changedTests(paths.map((path) => file(path)).join(''))).toEqual({
      files: paths.length,
      lines_removed: 2 * paths.length,
      paths,
    });
  });

  it.each([
    'shop/cart.py',
    'shop/testing.py',
    'shop/latest.py',
    'src/contest.ts',
    'src/attestation/key.go',
    'src/inspect.rb',
    'spec/openapi.yaml',
    'tests/README.md',
    'shop/Contest.java',
    'Latest.cs/Cart.cs',
  ])('are not in %s', (path) => {
    expect(changedTests(file(path)).files).toBe(0);
  });

  it('are those that were there: deleted and moved ones by their old name, new ones not', () => {
    const patch = [
      file('test_new.py', ['new file mode 100644']),
      file('test_deleted.py', ['deleted file mode 100644', 'index 1111111..0000000']),
      file(
        'old/cart.txt',
        ['similarity index 60%', 'rename from test_moved.py', 'rename to old/cart.txt'],
        'test_moved.py',
      ),
      file('test_copy.py', ['similarity index 60%', 'copy from test_a.py', 'copy to test_copy.py'], 'test_a.py'),
      file('test_made.py', ['rename from made.py', 'rename to test_made.py'], 'made.py'),
      'diff --git "a/test_\\303\\274.py" "b/test_v.py"\nsimilarity index 100%\nrename from "test_\\303\\274.py"\nrename to test_v.py\n',
      'diff --git a/tests/logo.png b/tests/logo.png\nindex 1..2 100644\nGIT binary patch\nliteral 3\nKcmb+\n',
    ].join('');

    expect(changedTests(patch)).toEqual({
      files: 4,
      lines_removed: 4,
      paths: ['test_deleted.py', 'test_moved.py', 'test_\\303\\274.py', 'tests/logo.png'],
    });
  });

  it('are counted to the end and named up to the tenth', () => {
    const names = Array.from({ length: 30 }, (_, n) => `tests/${n}${'x'.repeat(300)}.py`);
    const found = changedTests(names.map((name) => file(name)).join(''));

    expect([found.files, found.lines_removed, found.paths.length]).toEqual([30, 60, 10]);
    expect(found.paths.every((path) => path.length === 200)).toBe(true);
    expect(changedTests('')).toEqual({ files: 0, lines_removed: 0, paths: [] });
  });

  it('are found in a moment, whatever the paths are', () => {
    const slow = ['spec/', 'a.Tests/', 'test_', 'src/test', 'Test'].map((part) => file(part.repeat(800)));
    const started = performance.now();

    changedTests(slow.join('').repeat(20));

    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe('what a reviewer is told of tests', () => {
  const candidate = (removed?: number, tests: 'passed' | 'inert' = 'passed') => ({
    attempt: 2,
    tests,
    ...(removed === undefined ? {} : { removed }),
  });
  const changed = { files: 2, lines_removed: 12, paths: ['test_a.py', 'test_b.py'] };

  it('is what the diff changes and what no longer runs, with names', () => {
    expect(testNotes({ candidate: candidate(3), changed }, ['a', 'b\n b', 'c'])).toEqual([
      'Attempt 2 changes 2 existing test files (12 lines removed): test_a.py, test_b.py.',
      'Attempt 2: 3 tests that passed before no longer run: a, b b, c.',
    ]);
    expect(
      testNotes({ candidate: candidate(7), changed: { files: 1, lines_removed: 1, paths: ['t.py'] } }, [...'abcdefg']),
    ).toEqual([
      'Attempt 2 changes 1 existing test file (1 line removed): t.py.',
      'Attempt 2: 7 tests that passed before no longer run: a, b, c, d, e, ….',
    ]);
    expect(testNotes({ candidate: candidate(1, 'inert'), changed: undefined }, [])).toEqual([
      'Attempt 2: the tests that ran before do not run any more.',
    ]);
  });

  it('is nothing where there is nothing, or where it was not counted', () => {
    expect(testNotes({ candidate: candidate(0), changed: { files: 0, lines_removed: 0, paths: [] } }, [])).toEqual([]);
    expect(testNotes({ candidate: candidate(), changed: undefined }, [])).toEqual([]);
    expect(testCounts({ candidate: candidate(), changed: undefined })).toBeUndefined();
  });

  it('is numbers alone in a chat line', () => {
    expect(testCounts({ candidate: candidate(1), changed })).toBe(
      'the diff changes 2 existing test files (12 lines removed); 1 test that passed before no longer runs',
    );
  });
});
