import { boom, type Case, call, choice, end, machine, map, one, parallel, pass, task } from './case.ts';

export const VARIABLES: Case[] = [
  {
    name: 'a variable is seen by later states',
    machine: machine({ A: pass({ Assign: { x: 42 }, Next: 'B' }), B: end(pass({ Output: '{% $x %}' })) }),
    output: 42,
    events: { PassStateExited: { assignedVariables: { x: '42' }, assignedVariablesDetails: { truncated: false } } },
    source: 'recorded',
  },
  {
    name: 'a variable is not seen by the Output beside its Assign',
    machine: machine({
      A: pass({ Assign: { x: 1 }, Next: 'B' }),
      B: end(pass({ Assign: { x: 2 }, Output: '{% $x %}' })),
    }),
    output: 1,
  },
  {
    name: 'all of Assign sees the values on entry',
    machine: machine({
      A: pass({ Assign: { x: 1, y: 2 }, Next: 'B' }),
      B: pass({ Assign: { x: '{% $y %}', y: '{% $x %}' }, Next: 'C' }),
      C: end(pass({ Output: ['{% $x %}', '{% $y %}'] })),
    }),
    output: [2, 1],
  },
  {
    name: 'a variable that is first assigned here is not there yet',
    machine: one(pass({ Assign: { x: 1, y: '{% $x %}' } })),
    error: 'States.QueryEvaluationError',
    cause: /the field 'Assign\/y' returned nothing/,
  },
  {
    name: 'an undefined Assign fails the state',
    machine: one(pass({ Assign: { result: '{% $doesNotExist %}' } })),
    error: 'States.QueryEvaluationError',
    cause: /'\$doesNotExist' specified for the field 'Assign\/result' returned nothing \(undefined\)\./,
    previous: [0, 0, 0, 3],
    source: 'recorded',
  },
  {
    name: 'Assign holds any JSON, with expressions in it',
    machine: machine({
      A: pass({ Assign: { o: { list: [1, '{% $states.input.n %}'], none: null } }, Next: 'B' }),
      B: end(pass({ Output: '{% $o %}' })),
    }),
    input: { n: 2 },
    output: { list: [1, 2], none: null },
  },
  {
    name: 'Assign leaves the output alone',
    machine: one(pass({ Assign: { x: 1 } })),
    input: { a: 1 },
    output: { a: 1 },
  },
  {
    name: 'a Task assigns from its result and its input',
    machine: machine({
      A: task('f', { Assign: { got: '{% $states.result.Payload %}', had: '{% $states.input %}' }, Next: 'B' }),
      B: end(pass({ Output: ['{% $got %}', '{% $had %}'] })),
    }),
    functions: { f: { returns: 'answer' } },
    input: { q: 1 },
    output: ['answer', { q: 1 }],
  },
  {
    name: 'a Wait assigns',
    machine: machine({
      A: { Type: 'Wait', Seconds: 0, Assign: { x: 1 }, Next: 'B' },
      B: end(pass({ Output: '{% $x %}' })),
    }),
    output: 1,
  },
  {
    name: 'iterations see the outer variables and never write them',
    machine: machine({
      A: pass({ Assign: { x: 1 }, Next: 'M' }),
      M: map(
        { I: pass({ Assign: { x: '{% $x + $states.input %}' }, Next: 'J' }), J: end(pass({ Output: '{% $x %}' })) },
        { Items: [10, 20], Next: 'B' },
      ),
      B: end(pass({ Output: { inside: '{% $states.input %}', outside: '{% $x %}' } })),
    }),
    output: { inside: [11, 21], outside: 1 },
    source: 'recorded',
  },
  {
    name: 'variables of an iteration are gone after the Map',
    machine: machine({
      M: map({ I: end(pass({ Assign: { inner: 1 } })) }, { Items: [1], Next: 'B' }),
      B: end(pass({ Output: '{% $inner %}' })),
    }),
    error: 'States.QueryEvaluationError',
  },
  {
    name: 'branches see the outer variables and never write them',
    machine: machine({
      A: pass({ Assign: { x: 1 }, Next: 'P' }),
      P: parallel(
        [
          { L: pass({ Assign: { x: 2 }, Next: 'L2' }), L2: end(pass({ Output: '{% $x %}' })) },
          { R: end(pass({ Output: '{% $x %}' })) },
        ],
        { Next: 'B' },
      ),
      B: end(pass({ Output: ['{% $states.input %}', '{% $x %}'] })),
    }),
    output: [[2, 1], 1],
    source: 'recorded',
  },
  {
    name: 'a Map assigns from its result',
    machine: machine({
      M: map({ I: end(pass()) }, { Items: [1, 2], Assign: { all: '{% $states.result %}' }, Next: 'B' }),
      B: end(pass({ Output: '{% $all %}' })),
    }),
    output: [1, 2],
  },
  {
    name: 'a Choice rule assigns, and its Assign is its own',
    machine: machine({
      C: choice([{ Condition: '{% $states.input.go %}', Assign: { by: 'rule' }, Next: 'B' }], {
        Default: 'B',
        Assign: { by: 'default' },
      }),
      B: end(pass({ Output: '{% $by %}' })),
    }),
    input: { go: true },
    output: 'rule',
    source: 'recorded',
  },
  {
    name: "the Choice's own Assign serves the Default",
    machine: machine({
      C: choice([{ Condition: '{% $states.input.go %}', Assign: { by: 'rule' }, Next: 'B' }], {
        Default: 'B',
        Assign: { by: 'default' },
      }),
      B: end(pass({ Output: '{% $by %}' })),
    }),
    input: { go: false },
    output: 'default',
    source: 'recorded',
  },
  {
    name: 'a Catch assigns from the error',
    machine: machine({
      A: task('f', {
        Catch: [{ ErrorEquals: ['Boom'], Assign: { why: '{% $states.errorOutput.Error %}' }, Next: 'B' }],
        Next: 'B',
      }),
      B: end(pass({ Output: '{% $why %}' })),
    }),
    functions: { f: boom() },
    output: 'Boom',
    source: 'recorded',
  },
  {
    name: "a caught state's own Assign does not happen",
    machine: machine({
      A: pass({ Assign: { x: 'before' }, Next: 'T' }),
      T: call('f', { Assign: { x: 'after' }, Catch: [{ ErrorEquals: ['States.ALL'], Next: 'B' }], Next: 'B' }),
      B: end(pass({ Output: '{% $x %}' })),
    }),
    functions: { f: boom() },
    output: 'before',
  },
];
