import { describe, expect, it } from 'vitest';
import { compileMath, type Point } from '#local/watch/metric-math';

const value = (expression: string, points: Record<string, Point> = {}) =>
  compileMath(expression, Object.keys(points))(points);

describe('metric math', () => {
  it.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['10 - 4 - 3', 3],
    ['100 * 1 / 4', 25],
    ['2 >= 2', 1],
    ['1 + 1 == 3', 0],
    ['IF(3 > 2, 10, 20)', 10],
    ['IF(0.5 < .25, 10, 20)', 20],
  ])('computes %s', (expression, expected) => {
    expect(value(expression)).toBe(expected);
  });

  it('has no point where an operand has none, unless it is filled', () => {
    expect(value('a + b', { a: 1, b: undefined })).toBeUndefined();
    expect(value('a + FILL(b, 5)', { a: 1, b: undefined })).toBe(6);
    expect(value('IF(a > 1, a, 0)', { a: undefined })).toBeUndefined();
    expect(value('a / b', { a: 1, b: 0 })).toBeUndefined();
  });

  it.each(['a +', 'unknown', 'SUM(METRICS())', 'FILL(a, REPEAT)', 'a b', '(a', 'a AND a'])(
    'refuses %s',
    (expression) => {
      expect(() => compileMath(expression, ['a'])).toThrow(`metric math "${expression}"`);
    },
  );
});
