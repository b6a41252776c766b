import { describe, expect, it } from 'vitest';
import { catalogueOf, findModel } from '#core/models';
import { microCost, mostMicroCost, tokensIn } from '#core/use-cases/model-cost';

describe('the catalogue', () => {
  it('is the built-in one when nothing is set; each price says where it is from', () => {
    const models = catalogueOf(' ').flatMap(({ models }) => models);

    expect(models.length).toBeGreaterThan(5);
    for (const { source, input, output, cached } of models) {
      expect(source).toMatch(/^https:.*as of \d{4}-\d\d$|^recorded/);
      expect(output).toBeGreaterThan(input);
      expect(cached).toBeLessThan(input);
    }
  });

  const own = { name: 'own', kind: 'openai-compatible', base_url: 'https://models.example/v1', key: 'own' };
  const namesOf = (json: unknown) => catalogueOf(JSON.stringify(json)).map(({ name }) => name);
  const builtIn = catalogueOf('').map(({ name }) => name);

  it('is the built-in one and what is given beside it', () => {
    expect(namesOf([own])).toEqual([...builtIn, 'own']);
    expect(findModel(catalogueOf(JSON.stringify([own])), 'anthropic/claude-opus-4-5')?.price).toBeDefined();
  });

  it('has a given row in place of the built-in one of its name: its key does not go to another address', () => {
    const gateway = { name: 'openai', kind: 'openai-compatible', base_url: 'https://models.example/v1' };
    const catalogue = catalogueOf(JSON.stringify([gateway]));

    expect(catalogue.map(({ name }) => name)).toEqual(builtIn);
    expect(findModel(catalogue, 'openai/gpt-5.5')).toEqual({
      provider: { ...gateway, models: [] },
      name: 'gpt-5.5',
      price: undefined,
    });
  });

  it('is only what is given where that is said, built-in rows by their names', () => {
    expect(namesOf({ only: [own] })).toEqual(['own']);
    expect(namesOf({ only: ['bedrock', own] })).toEqual(['bedrock', 'own']);
    expect(catalogueOf('{"only":["openai"]}')).toEqual(catalogueOf('').filter(({ name }) => name === 'openai'));
  });

  it.each([
    ['{"only":["openia"]}', 'openia is no built-in provider; there are anthropic'],
    ['{"only":[{"name":"a","kind":"magic"}]}', 'not valid'],
    ['{"onyl":["openai"]}', 'not valid'],
    ['{', 'not JSON'],
    ['[{"name":"Bad Name","kind":"bedrock"}]', 'not valid'],
    ['[{"name":"a","kind":"magic"}]', 'not valid'],
    ['[{"name":"mine","kind":"replay"}]', 'kind replay'],
    ['[{"name":"replay","kind":"bedrock"}]', 'kind replay'],
    ['[{"name":"a","kind":"anthropic","base_url":"ftp://models.example"}]', 'not valid'],
    ['[{"name":"a","kind":"anthropic","base_url":"https://me:pw@models.example"}]', 'no name or password'],
    [
      '[{"name":"a","kind":"bedrock","models":[{"name":"m","input":-1,"output":1,"cached":0,"source":""}]}]',
      'not valid',
    ],
  ])('refuses %s', (json, problem) => {
    expect(() => catalogueOf(json)).toThrow(problem);
  });

  it('finds a model by its provider; one without a price is unpriced, not unknown', () => {
    const catalogue = catalogueOf('');

    expect(findModel(catalogue, 'anthropic/claude-opus-4-5')?.price).toMatchObject({ input: 5 });
    expect(findModel(catalogue, 'openrouter/vendor/some-model')).toMatchObject({
      name: 'vendor/some-model',
      price: undefined,
    });
    expect(findModel(catalogue, 'nobody/gpt-5')).toBeUndefined();
    expect(findModel(catalogue, 'gpt-5')).toBeUndefined();
    expect(findModel(catalogue, 'replay/any-recording')?.price).toBeDefined();
  });
});

describe('the price of writing a cache', () => {
  const row = { name: 'm', input: 2, output: 4, cached: 1, source: 'test' };
  const writtenAt = (kind: string, more = {}) =>
    findModel(catalogueOf(JSON.stringify([{ name: 'own', kind, models: [{ ...row, ...more }] }])), 'own/m')?.price
      ?.written;

  it('is the row’s, else what is usual for the kind', () => {
    expect(writtenAt('anthropic')).toBe(2.5);
    expect(writtenAt('bedrock')).toBe(2.5);
    expect(writtenAt('openai-compatible')).toBe(2);
    expect(writtenAt('openai-compatible', { written: 3 })).toBe(3);
    expect(findModel(catalogueOf(''), 'openai/gpt-5.6-sol')?.price?.written).toBe(5);
    expect(findModel(catalogueOf(''), 'openai/gpt-6.2-sol')?.price?.written).toBe(2.5);
  });
});

describe('a call’s cost', () => {
  const price = { input: 3, output: 15, cached: 0.3, written: 3.75 };

  it('is its tokens at their prices, in micro-dollars; writing a cache apart', () => {
    expect(microCost(price, { input: 1_000, cached: 500, written: 100, output: 10 })).toBe(
      400 * 3 + 500 * 0.3 + 100 * 3.75 + 150,
    );
    expect(microCost(undefined, { input: 1_000, cached: 0, written: 0, output: 10 })).toBe(0);
  });

  it('is never below what was used, however small', () => {
    expect(
      microCost({ input: 0.1, output: 0.1, cached: 0, written: 0 }, { input: 1, cached: 0, written: 0, output: 0 }),
    ).toBe(1);
    expect(tokensIn(1)).toBe(1);
  });

  it('is at most that of a prompt that is written to the cache, where that costs more, and of one that is not, else', () => {
    expect(mostMicroCost(price, { input: 1_000, output: 10 })).toBe(1_000 * 3.75 + 150);
    expect(mostMicroCost({ ...price, written: 0 }, { input: 1_000, output: 10 })).toBe(1_000 * 3 + 150);
    expect(mostMicroCost(undefined, { input: 1_000, output: 10 })).toBe(0);
  });
});
