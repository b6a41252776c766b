import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findToolchain } from '#local/e2b/toolchain';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'patchbay-toolchain-'));
});
afterEach(() => rmSync(home, { recursive: true }));

function put(path: string): string {
  mkdirSync(dirname(join(home, path)), { recursive: true });
  writeFileSync(join(home, path), '');
  return join(home, path);
}

it('shows of ~/.local/bin the package managers with their environments, and no script of its owner', () => {
  const bin = dirname(put('.local/bin/deploy-to-production'));
  const uv = put('.local/bin/uv');
  const poetry = put('.local/share/pypoetry/venv/bin/poetry');
  symlinkSync(poetry, join(bin, 'poetry'));

  const { binds, path } = findToolchain(`${bin}:/usr/bin`);

  expect(path[0]).toBe(bin);
  expect(binds.filter((bind) => bind.startsWith(home))).toEqual([
    uv,
    join(bin, 'poetry'),
    join(home, '.local/share/pypoetry/venv'),
  ]);
});

it('drops what it does not know', () => {
  const scripts = dirname(put('scripts/secret'));

  expect(findToolchain(`${scripts}:/usr/bin`).path).not.toContain(scripts);
});
