import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CASES } from '#test/conformance/cases';
import { EXPLANATIONS } from '#test/conformance/explanations';
import { judged } from '#test/conformance/verdict';

const root = new URL('../../../', import.meta.url);
const page = readFileSync(new URL('docs/conformance.md', root), 'utf8');
const named = EXPLANATIONS.flatMap(({ cases }) => cases);

describe('the conformance table', () => {
  test('explains cases that exist, each once', () => {
    const names = CASES.map(({ name }) => name);

    expect(named.filter((name) => !names.includes(name))).toEqual([]);
    expect(new Set(named).size).toBe(named.length);
    expect(new Set(names).size).toBe(names.length);
  });

  test('is the one on the page', () => {
    expect(page).toContain(`**${CASES.length} cases, ${CASES.length - named.length} the same, `);
    expect(named.filter((name) => !page.includes(`| ${name.replaceAll('|', '\\|')} |`))).toEqual([]);
    expect(EXPLANATIONS.filter(({ source }) => !source.includes('https://'))).toEqual([]);
  });

  test('fails a run by a difference without explanation, and by an explanation without difference', () => {
    const explanation = { cases: ['known', 'gone', 'not run'], right: 'interpreter' as const, why: '', source: '' };
    const difference = (name: string) => ({ name, source: 'spec', field: 'output', expected: 1, found: 2 });

    const result = judged([difference('known'), difference('new')], [explanation], new Set(['known', 'gone', 'new']));

    expect(result.unexplained.map(({ name }) => name)).toEqual(['new']);
    expect(result.gone).toEqual(['gone']);
    expect(result.explained.flatMap(({ differences }) => differences.map(({ name }) => name))).toEqual(['known']);
  });

  test('is made with a locked MiniStack, from wherever pip looks', () => {
    const lock = readFileSync(new URL('test/conformance/requirements.txt', root), 'utf8');

    expect(lock).toContain('ministack==1.5.33');
    expect(lock).not.toMatch(/https?:|--index-url|--find-links/);
  });
});
