import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { readIssue } from '../../../bin/cli/issue-text.ts';
import { aShell } from '../../support/a-shell.ts';

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'patchbay-issue-'));
  writeFileSync(join(cwd, 'issue.md'), '# Totals are off\r\n\r\nBy one cent.\r\n');
});
afterAll(() => rmSync(cwd, { recursive: true }));
afterEach(() => vi.unstubAllGlobals());

const read = (given: string | undefined, title?: string, input?: string) =>
  readIssue(aShell({ cwd, input: async () => input, env: { GITHUB_TOKEN: 'gh' } }), given, title);

describe('the text of an issue', () => {
  it('is what was typed: the first line is its title', async () => {
    expect(await read('Totals are off\nBy one cent.')).toEqual({ title: 'Totals are off', body: 'By one cent.' });
    expect(await read('Totals are off')).toEqual({ title: 'Totals are off', body: '' });
    expect(await read('By one cent.', 'Totals')).toEqual({ title: 'Totals', body: 'By one cent.' });
  });

  it('keeps a first line that is too long for a title', async () => {
    const { title, body } = await read('x'.repeat(400));

    expect(title).toHaveLength(300);
    expect(body).toBe('x'.repeat(400));
  });

  it('is refused where the API would not take it, with what may be sent', async () => {
    await expect(read('x', 'x'.repeat(301))).rejects.toThrow('--title: is too long. At most 300 characters of a title');
    await expect(read('Totals are off', '')).rejects.toThrow('--title: there is nothing in it.');
    await expect(read(`Totals\n${'x'.repeat(65_537)}`)).rejects.toThrow(
      '--issue: is too long. At most 65,536 characters of an issue are taken.',
    );
  });

  it('comes from a file where the user is, or from standard input', async () => {
    expect(await read('issue.md')).toEqual({ title: 'Totals are off', body: 'By one cent.' });
    expect(await read('-', undefined, 'Piped\nin')).toEqual({ title: 'Piped', body: 'in' });
  });

  it('comes from GitHub, with its repository', async () => {
    const fetched = vi.fn(async () =>
      Response.json({ title: 'Off', body: null, html_url: 'https://github.com/a/b/issues/7' }),
    );
    vi.stubGlobal('fetch', fetched);

    expect(await read('https://github.com/a/b/issues/7')).toEqual({
      title: 'Off',
      body: '',
      number: 7,
      url: 'https://github.com/a/b/issues/7',
      repository: 'https://github.com/a/b',
    });
    expect(fetched).toHaveBeenCalledWith(
      'https://api.github.com/repos/a/b/issues/7',
      expect.objectContaining({ headers: expect.objectContaining({ authorization: 'Bearer gh' }) }),
    );
  });

  it.each([
    [undefined, '--issue: is missing.'],
    ['', '--issue: there is nothing in it.'],
    ['-', '--issue: standard input is the terminal.'],
    ['missing.md', '--issue: there is no file'],
    ['./missing', '--issue: there is no file'],
    ['https://example.com/issues/1', '--issue: https://example.com/issues/1 is no GitHub issue.'],
  ])('refuses %j', async (given, message) => {
    await expect(read(given)).rejects.toThrow(message);
  });

  it('says what GitHub answered, or that it did not', async () => {
    vi.stubGlobal('fetch', async () => new Response('{}', { status: 404 }));
    await expect(read('https://github.com/a/b/issues/7')).rejects.toThrow('GitHub answered 404');

    vi.stubGlobal('fetch', async () => Promise.reject(new Error('offline')));
    await expect(read('https://github.com/a/b/issues/7')).rejects.toThrow('GitHub cannot be reached (offline)');

    const cause = Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
    vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('fetch failed', { cause })));
    await expect(read('https://github.com/a/b/issues/7')).rejects.toThrow('GitHub cannot be reached (ENOTFOUND)');
  });
});
