import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const rows = readFileSync(new URL('docs/proofs.md', root), 'utf8')
  .split('\n')
  .flatMap((line) => /^\| ([IJL]\d+) \|[^|]+\|([^|]+)\|$/.exec(line)?.slice(1, 3) ?? [])
  .flatMap((part, index, all) => (index % 2 === 0 ? [{ promise: part, proof: all[index + 1] ?? '' }] : []));
const proofs = rows.flatMap(({ promise, proof }) =>
  [...proof.matchAll(/`(test\/[\w./-]+)` “([^”]+)”/g)].map(([, file = '', title = '']) => ({ promise, file, title })),
);

describe('the page of proofs', () => {
  it('has every promise, each with a proof', () => {
    const wanted = [['I', 12] as const, ['J', 12] as const, ['L', 2] as const].flatMap(([letter, count]) =>
      Array.from({ length: count }, (_, i) => `${letter}${i + 1}`),
    );

    expect(rows.map(({ promise }) => promise)).toEqual(wanted);
    expect(wanted.filter((promise) => !proofs.some((proof) => proof.promise === promise))).toEqual([]);
  });

  it('names tests that exist, and nothing that it could not read', () => {
    const missing = proofs.filter(({ file, title }) => {
      const path = new URL(file, root);
      return !existsSync(path) || !readFileSync(path, 'utf8').includes(title);
    });

    expect(missing).toEqual([]);
    for (const { promise, proof } of rows)
      expect({ promise, proofs: proof.split('test/').length - 1 }).toEqual({
        promise,
        proofs: proofs.filter((one) => one.promise === promise).length,
      });
  });
});
