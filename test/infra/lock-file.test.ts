import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
// @ts-expect-error plain JavaScript: it has to run before any package is installed
import { missingOptionals } from '../../bin/complete-lock.mjs';

const text = readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8');
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Record<
  string,
  Record<string, string>
>;

describe('the lock file', () => {
  it('has an entry for every optional dependency, or npm ci refuses it on other platforms', () => {
    expect(missingOptionals(JSON.parse(text))).toEqual([]);
  });

  it('names no registry host', () => {
    expect(text).not.toMatch(/"resolved": "https?:/);
  });

  it('is made from exact versions', () => {
    const versions = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
      Object.entries(manifest[kind] ?? {}),
    );

    expect(versions.length).toBeGreaterThan(30);
    expect(versions.filter(([, version]) => !/^(npm:.+@)?\d+\.\d+\.[\w.-]+$/.test(version))).toEqual([]);
  });
});
