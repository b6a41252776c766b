import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyPatch } from '../../../bin/cli/apply-patch.ts';
import { aRepository } from '../../support/a-repository.ts';

let folder: string;
let patch: Buffer;
const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const state = () => [
  git('status', '--porcelain').toString(),
  git('diff', 'HEAD').toString(),
  git('count-objects').toString(),
];

const lines = Array.from({ length: 20 }, (_, index) => `line ${index}\n`);
const changed = (index: number, text: string) => lines.with(index, `${text}\n`).join('');

beforeEach(() => {
  folder = aRepository({ 'a.txt': lines.join(''), 'sub/b.bin': Buffer.from([0, 1, 2]) });
  write('a.txt', changed(2, 'fixed'));
  write('sub/b.bin', '\0\0');
  write('new.txt', 'new\n');
  git('add', '--all');
  patch = git('diff', '--cached', '--binary');
  git('reset', '--quiet', '--hard');
});
afterEach(() => rmSync(folder, { recursive: true }));

const inTheWay = () => {
  mkdirSync(join(folder, 'new.txt'));
  write('new.txt/mine', 'mine');
};

describe('applying a diff', () => {
  it('changes the working tree and stages nothing', () => {
    expect(applyPatch(folder, patch)).toEqual({ applied: true, files: ['a.txt', 'new.txt', 'sub/b.bin'] });

    expect(read('a.txt')).toBe(changed(2, 'fixed'));
    expect(git('diff', '--cached').toString()).toBe('');
  });

  it('works from a folder inside, and keeps what is not committed or staged', () => {
    write('a.txt', changed(15, 'mine'));
    write('mine.txt', 'staged\n');
    git('add', 'mine.txt');

    expect(applyPatch(join(folder, 'sub'), patch)).toMatchObject({ applied: true });

    expect(read('a.txt')).toContain('fixed');
    expect(read('a.txt')).toContain('mine');
    expect(git('diff', '--cached', '--name-only').toString()).toBe('mine.txt\n');
  });

  it('merges over lines that have moved since', () => {
    write('a.txt', `${'before\n'.repeat(30)}${lines.join('')}`);
    git('commit', '--all', '--quiet', '--message', 'Move');

    expect(applyPatch(folder, patch)).toMatchObject({ applied: true });
    expect(read('a.txt')).toContain('line 1\nfixed\nline 3');
  });

  it('does nothing a second time', () => {
    applyPatch(folder, patch);

    expect(applyPatch(folder, patch)).toEqual({ applied: true, files: [] });
  });

  it.each([
    ['a conflict', () => write('a.txt', changed(2, 'otherwise')), /^conflict in a\.txt$/],
    ['a file in the way', () => write('new.txt', 'mine\n'), 'new.txt'],
    ['a folder in the way', () => inTheWay(), 'new.txt'],
  ])('changes nothing at all on %s, and names the file', (_, meanwhile, name) => {
    meanwhile();
    const before = state();

    const result = applyPatch(folder, patch);

    expect(result).toMatchObject({ applied: false, reason: expect.stringMatching(name) });
    expect(state()).toEqual(before);
  });

  it('goes over a new file that is there already, be it ignored', () => {
    write('.git/info/exclude', 'new.txt\n');
    write('new.txt', 'new\n');

    expect(applyPatch(folder, patch)).toEqual({ applied: true, files: ['a.txt', 'sub/b.bin'] });
  });

  it('changes nothing for what is no diff', () => {
    expect(applyPatch(folder, Buffer.from('hello'))).toMatchObject({ applied: false });
  });
});
