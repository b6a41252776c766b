import { type Case, end, machine, one, pass } from './case.ts';

function output(Output: Case['output'], input?: Case['input']): Pick<Case, 'machine' | 'input'> {
  return { machine: one(pass({ Output: Output ?? null })), ...(input === undefined ? {} : { input }) };
}

function undefinedAt(field: string, expression: string): Pick<Case, 'error' | 'cause' | 'source'> {
  const where = `An error occurred while executing the state 'S' (entered at the event id #2). `;
  const cause = `${where}The JSONata expression '${expression}' specified for the field '${field}' returned nothing (undefined).`;
  return { error: 'States.QueryEvaluationError', cause, source: 'recorded' };
}

export const PASS: Case[] = [
  {
    name: 'a Pass hands on its input',
    machine: one(pass()),
    input: { a: [1, { b: null }] },
    output: { a: [1, { b: null }] },
    types: ['ExecutionStarted', 'PassStateEntered', 'PassStateExited', 'ExecutionSucceeded'],
    previous: [0, 0, 2, 3],
    source: 'recorded',
  },
  { name: 'the input may be a number', machine: one(pass()), input: 7, output: 7 },
  { name: 'the input may be null', machine: one(pass()), input: null, output: null },
  { name: 'the input may be a string', machine: one(pass()), input: 'x', output: 'x' },
  { name: 'the input may be a list', machine: one(pass()), input: [1, 2], output: [1, 2] },
  { name: 'Output may be a literal object', ...output({ a: 1 }), output: { a: 1 } },
  { name: 'Output may be empty', ...output({}), output: {}, source: 'recorded' },
  { name: 'Output may be null', ...output(null), output: null },
  { name: 'Output may be false', ...output(false), output: false },
  { name: 'Output may be zero', ...output(0), output: 0 },
  { name: 'Output may be an empty string', ...output(''), output: '' },
  { name: 'Output may be an expression', ...output('{% $states.input.a + 1 %}', { a: 1 }), output: 2 },
  {
    name: 'Output holds expressions at any depth',
    ...output({ a: { b: ['{% $states.input.x %}', { c: '{% $states.input.x * 2 %}' }] } }, { x: 2 }),
    output: { a: { b: [2, { c: 4 }] } },
  },
  {
    name: 'what has blanks around it is no expression',
    ...output({ a: ' {% $states.input %} ', b: '$states.input', c: '$.x' }),
    output: { a: ' {% $states.input %} ', b: '$states.input', c: '$.x' },
    source: 'recorded',
  },
  { name: 'an expression needs no blanks inside', ...output('{%1+1%}'), output: 2 },
  { name: 'an expression may span lines', ...output('{% (\n  $a := 1;\n  $a + 1\n) %}'), output: 2 },
  { name: 'null from an expression is a value', ...output('{% null %}'), output: null },
  { name: 'keys are never expressions', ...output({ '{% 1 %}': 1 }), output: { '{% 1 %}': 1 } },
  {
    name: 'states follow each other with the output for input',
    machine: machine({
      A: pass({ Output: { n: '{% $states.input.n + 1 %}' }, Next: 'B' }),
      B: pass({ Output: { n: '{% $states.input.n * 10 %}' }, Next: 'C' }),
      C: end(pass({ Comment: 'does nothing' })),
    }),
    input: { n: 1 },
    output: { n: 20 },
    previous: [0, 0, 2, 3, 4, 5, 6, 7],
  },
  {
    name: 'an undefined Output fails the state',
    ...output('{% $doesNotExist %}'),
    ...undefinedAt('Output', '$doesNotExist'),
    types: ['ExecutionStarted', 'PassStateEntered', 'EvaluationFailed', 'ExecutionFailed'],
    previous: [0, 0, 0, 3],
    events: { EvaluationFailed: { error: 'States.QueryEvaluationError', location: 'Output', state: 'S' } },
  },
  {
    name: 'an undefined field of Output is named',
    ...output({ result: '{% $doesNotExist %}' }),
    ...undefinedAt('Output/result', '$doesNotExist'),
  },
  {
    name: 'an undefined value deep in Output is named by its path',
    ...output({ a: { b: '{% $states.input.no %}' } }),
    ...undefinedAt('Output/a/b', '$states.input.no'),
  },
  {
    name: 'an undefined item of Output is named by its index',
    ...output({ a: { b: [[1, '{% $states.input.no %}']] } }),
    ...undefinedAt('Output/a/b[0][1]', '$states.input.no'),
  },
  {
    name: 'a failed expression hangs on the event before its state',
    machine: machine({ A: pass({ Next: 'S' }), S: end(pass({ Output: '{% $no %}' })) }),
    error: 'States.QueryEvaluationError',
    previous: [0, 0, 2, 3, 3, 5],
    source: 'recorded',
  },
];
