import { type Case, choice, end, machine, pass } from './case.ts';

function chosen(Choices: Case['input'], input: Case['input'], more: Partial<Case>): Case {
  const states = {
    C: choice(Choices as never, { Default: 'Else' }),
    A: end(pass({ Output: 'a' })),
    B: end(pass({ Output: 'b' })),
    Else: end(pass({ Output: 'else' })),
  };
  return { name: '', machine: machine(states), input: input ?? null, ...more };
}

const RULES = [
  { Condition: '{% $states.input.n > 10 %}', Next: 'A' },
  { Condition: '{% $states.input.n > 5 %}', Next: 'B' },
];

export const CHOICE: Case[] = [
  chosen(
    RULES,
    { n: 11 },
    {
      name: 'the first rule that holds decides',
      output: 'a',
      types: [
        ...['ExecutionStarted', 'ChoiceStateEntered', 'ChoiceStateExited', 'PassStateEntered', 'PassStateExited'],
        'ExecutionSucceeded',
      ],
      previous: [0, 0, 2, 3, 4, 5],
      source: 'recorded',
    },
  ),
  chosen(RULES, { n: 6 }, { name: 'the second rule', output: 'b' }),
  chosen(RULES, { n: 1 }, { name: 'the default', output: 'else' }),
  chosen(
    [
      { Condition: true, Next: 'B' },
      { Condition: false, Next: 'A' },
    ],
    0,
    { name: 'a condition may be a constant', output: 'b' },
  ),
  chosen(
    [
      { Condition: '{% $states.input %}', Next: 'A' },
      { Condition: false, Next: 'B' },
    ],
    'yes',
    {
      name: 'a condition that is no boolean fails the state',
      error: 'States.QueryEvaluationError',
      cause: /'Choices\[0\]\/Condition'.*Expected 'boolean', but was 'string' for value: "yes"/,
    },
  ),
  chosen(
    [
      { Condition: false, Next: 'A' },
      { Condition: '{% $states.input.no %}', Next: 'B' },
    ],
    {},
    {
      name: 'an undefined condition fails the state',
      error: 'States.QueryEvaluationError',
      cause: /the field 'Choices\[1\]\/Condition' returned nothing/,
      source: 'recorded',
    },
  ),
  {
    name: 'no rule and no default is a runtime error',
    machine: machine({ C: choice([{ Condition: false, Next: 'A' }]), A: end(pass()) }),
    error: 'States.Runtime',
    cause:
      "An error occurred while executing the state 'C' (entered at the event id #2). Failed to transition out of the state. The state does not point to a next state.",
    types: ['ExecutionStarted', 'ChoiceStateEntered', 'ExecutionFailed'],
    previous: [0, 0, 2],
    source: 'recorded',
  },
  {
    name: "a rule's Output is the next input",
    machine: machine({
      C: choice([{ Condition: true, Output: { o: '{% $states.input %}' }, Next: 'A' }], { Output: 'not this' }),
      A: end(pass()),
    }),
    input: 1,
    output: { o: 1 },
  },
  {
    name: "the state's Output serves the Default",
    machine: machine({
      C: choice([{ Condition: false, Output: 'not this', Next: 'A' }], { Output: 'default', Default: 'A' }),
      A: end(pass()),
    }),
    output: 'default',
  },
  {
    name: "an undefined Output of a rule is named by the rule's index",
    machine: machine({
      C: choice([
        { Condition: false, Next: 'A' },
        { Condition: true, Output: { v: '{% $no %}' }, Next: 'A' },
      ]),
      A: end(pass()),
    }),
    error: 'States.QueryEvaluationError',
    cause: /the field 'Choices\[1\]\/Output\/v' returned nothing/,
    source: 'recorded',
  },
  {
    name: 'a loop counts down',
    machine: machine({
      Init: pass({ Assign: { n: 3, log: [] }, Next: 'More' }),
      More: choice([{ Condition: '{% $n > 0 %}', Next: 'Body' }], { Default: 'Done' }),
      Body: pass({ Assign: { n: '{% $n - 1 %}', log: '{% $append($log, $n) %}' }, Next: 'More' }),
      Done: end(pass({ Output: '{% $log %}' })),
    }),
    output: [3, 2, 1],
  },
];
