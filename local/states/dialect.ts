import { createHash, randomUUID } from 'node:crypto';
import type jsonata from 'jsonata';

/**
 * What Step Functions adds to JSONata, and takes from it
 * (https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html).
 */
export function speakStepFunctions(expression: jsonata.Expression): void {
  expression.registerFunction('partition', partition, '<an:a>');
  expression.registerFunction('range', range, '<nnn:x>');
  expression.registerFunction('hash', hash, '<ss:s>');
  expression.registerFunction('random', random, '<n?:n>');
  expression.registerFunction('uuid', randomUUID, '<:s>');
  expression.registerFunction('parse', (text: string) => JSON.parse(text), '<s:x>');
  // Unbound, it fails like any name that is no function (T1006), which is what AWS answers.
  expression.assign('eval', undefined);
  // The interpreter looks its two hooks up under these symbols; its types know names that are text.
  expression.assign(ENTRY as unknown as string, enter);
  expression.assign(EXIT as unknown as string, leave);
}

/** The name under which an evaluation's budget is bound; a blank keeps it out of reach of expressions. */
export const BUDGET = ' budget';

/** AWS bounds an expression's memory and depth without saying where; here it is nodes evaluated, and nested. */
export interface Budget {
  nodes: number;
  depth: number;
}

export function newBudget(): Budget {
  return { nodes: 500_000, depth: 2_000 };
}

const ENTRY = Symbol.for('jsonata.__evaluate_entry');
const EXIT = Symbol.for('jsonata.__evaluate_exit');
const MAX_RANGE = 1_000_000;

interface Frame {
  lookup(name: string): unknown;
}

function enter(_node: unknown, _input: unknown, frame: Frame): void {
  const budget = frame.lookup(BUDGET) as Budget | undefined;
  if (!budget) return;
  budget.nodes -= 1;
  budget.depth -= 1;
  if (budget.nodes < 0 || budget.depth < 0) throw new Error('Expression evaluation exceeded its limits');
}

function leave(_node: unknown, _input: unknown, frame: Frame): void {
  const budget = frame.lookup(BUDGET) as Budget | undefined;
  if (budget) budget.depth += 1;
}

function partition(array: unknown[], size: number): unknown[][] {
  if (size < 1) throw new Error('The chunk size of $partition must be a positive integer');
  const step = Math.floor(size);
  return Array.from({ length: Math.ceil(array.length / step) }, (_, i) => array.slice(i * step, (i + 1) * step));
}

/** Recorded on AWS: a range of one element is the element. */
function range(first: number, last: number, step: number): unknown {
  if (step === 0) throw new Error('The step of $range must not be zero');
  const count = Math.max(0, Math.floor((last - first) / step) + 1);
  if (count > MAX_RANGE) throw new Error('Expression evaluation exceeded its limits');
  return count === 1 ? first : Array.from({ length: count }, (_, i) => first + i * step);
}

const ALGORITHMS = new Set(['MD5', 'SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']);

function hash(text: string, algorithm: string): string {
  if (!ALGORITHMS.has(algorithm)) throw new Error(`$hash does not support the algorithm ${algorithm}`);
  return createHash(algorithm.replace('-', '').toLowerCase()).update(text, 'utf8').digest('hex');
}

/** With a seed AWS answers as java.util.Random.nextDouble does: 42 gives 0.7275636800328681. */
function random(seed?: number): number {
  if (seed === undefined) return Math.random();
  const mask = (1n << 48n) - 1n;
  let state = (BigInt(Math.trunc(seed)) ^ 0x5deece66dn) & mask;
  const next = (bits: bigint): bigint => {
    state = (state * 0x5deece66dn + 0xbn) & mask;
    return state >> (48n - bits);
  };
  return Number((next(26n) << 27n) + next(27n)) / 2 ** 53;
}
