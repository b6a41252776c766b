import { describe, expect, it } from 'vitest';
import { catalogueOf, findModel } from '#core/models';
import { microCost, tokensIn } from '#core/use-cases/model-cost';

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

  it.each([
    ['{', 'not JSON'],
    ['[{"name":"Bad Name","kind":"bedrock"}]', 'not valid'],
    ['[{"name":"a","kind":"magic"}]', 'not valid'],
    ['[{"name":"mine","kind":"replay"}]', 'kind replay'],
    ['[{"name":"replay","kind":"bedrock"}]', 'kind replay'],
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

describe('a call’s cost', () => {
  const price = { input: 3, output: 15, cached: 0.3 };

  it('is its tokens at their prices, in micro-dollars; writing a cache costs a quarter more', () => {
    expect(microCost(price, { input: 1_000, cached: 500, written: 100, output: 10 })).toBe(
      400 * 3 + 500 * 0.3 + 100 * 3.75 + 150,
    );
    expect(microCost(undefined, { input: 1_000, cached: 0, written: 0, output: 10 })).toBe(0);
  });

  it('is never below what was used, however small', () => {
    expect(microCost({ input: 0.1, output: 0.1, cached: 0 }, { input: 1, cached: 0, written: 0, output: 0 })).toBe(1);
    expect(tokensIn(1)).toBe(1);
  });
});
