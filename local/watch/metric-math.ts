/**
 * CloudWatch's metric math, as far as alarms of a template use it: numbers, ids of series, + - * /, comparisons (1 or 0),
 * parentheses, IF and FILL with a number. An operation on a missing point is missing; FILL puts a number in its place.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export type Point = number | undefined;
type Node = (points: Readonly<Record<string, Point>>) => Point;

const binary: Record<string, (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '>=': (a, b) => Number(a >= b),
  '<=': (a, b) => Number(a <= b),
  '==': (a, b) => Number(a === b),
  '!=': (a, b) => Number(a !== b),
  '>': (a, b) => Number(a > b),
  '<': (a, b) => Number(a < b),
};

/** The weakest first; operators of one level bind from the left. */
const levels = [
  ['>=', '<=', '==', '!=', '>', '<'],
  ['+', '-'],
  ['*', '/'],
];

/**
 * Makes an expression computable, point by point.
 * @param ids what it may name
 * @throws Error with what is not understood
 */
export function compileMath(expression: string, ids: readonly string[]): Node {
  const tokens = tokensOf(expression);
  const fail = (problem: string): never => {
    throw new Error(`metric math "${expression}": ${problem}`);
  };
  const take = (wanted: string): void => {
    const found = tokens.shift();
    if (found !== wanted) fail(`"${wanted}" expected, not "${found ?? 'the end'}"`);
  };

  const level = (depth: number): Node => {
    const operators = levels[depth];
    if (operators === undefined) return operand();
    let left = level(depth + 1);
    for (let next = tokens[0]; next !== undefined && operators.includes(next); next = tokens[0]) {
      tokens.shift();
      left = combined(next, left, level(depth + 1));
    }
    return left;
  };
  const operand = (): Node => {
    const token = tokens.shift() ?? fail('it ends too early');
    if (token === '(') return closed(level(0));
    if (token === 'IF') return conditional(...arguments3());
    if (token === 'FILL') return filled();
    if (/^[\d.]/.test(token)) return () => Number(token);
    if (ids.includes(token)) return (points) => points[token];
    return fail(`"${token}" is not known here`);
  };
  const closed = (node: Node): Node => {
    take(')');
    return node;
  };
  const arguments3 = (): [Node, Node, Node] => {
    take('(');
    const condition = level(0);
    take(',');
    const yes = level(0);
    take(',');
    return [condition, yes, closed(level(0))];
  };
  const filled = (): Node => {
    take('(');
    const id = level(0);
    take(',');
    const value = tokens.shift() ?? '';
    if (!/^[\d.]+$/.test(value)) fail(`FILL with "${value}" is not known here`);
    return closed((points) => id(points) ?? Number(value));
  };

  const node = level(0);
  if (tokens.length > 0) fail(`"${tokens[0]}" is not understood`);
  return node;
}

function tokensOf(expression: string): string[] {
  return expression.match(/[A-Za-z_]\w*|\d+(?:\.\d+)?|\.\d+|[<>=!]=|[^\s]/g) ?? [];
}

function combined(operator: string, left: Node, right: Node): Node {
  const apply = binary[operator];
  return (points) => {
    const [a, b] = [left(points), right(points)];
    if (a === undefined || b === undefined || apply === undefined) return undefined;
    const value = apply(a, b);
    // A division by zero has no point on AWS either.
    return Number.isFinite(value) ? value : undefined;
  };
}

/** Both branches are points of the same time; a missing condition leaves nothing to choose by. */
function conditional(condition: Node, yes: Node, no: Node): Node {
  return (points) => {
    const chosen = condition(points);
    if (chosen === undefined) return undefined;
    return chosen === 0 ? no(points) : yes(points);
  };
}
