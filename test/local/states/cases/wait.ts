import { type Case, one } from './case.ts';

const wait = (more: Record<string, string | number>): Case['machine'] =>
  one({ Type: 'Wait', ...more, Output: 'waited' });

function badTime(Timestamp: string): Case {
  const cause = /specified for the field 'Timestamp' .*ISO-8601/;
  return {
    name: `${Timestamp} is no timestamp`,
    machine: one({ Type: 'Wait', Timestamp: '{% $states.input %}' }),
    input: Timestamp,
    error: 'States.QueryEvaluationError',
    cause,
    source: 'recorded',
  };
}

export const WAIT: Case[] = [
  {
    name: 'a Wait of no time',
    machine: one({ Type: 'Wait', Seconds: 0 }),
    input: 'in',
    output: 'in',
    types: ['ExecutionStarted', 'WaitStateEntered', 'WaitStateExited', 'ExecutionSucceeded'],
    previous: [0, 0, 2, 3],
    source: 'recorded',
  },
  { name: 'a Wait of seconds', machine: wait({ Seconds: 2 }), output: 'waited' },
  {
    name: 'Seconds may be an expression',
    machine: wait({ Seconds: '{% $states.input.s %}' }),
    input: { s: 1 },
    output: 'waited',
  },
  {
    name: 'a Timestamp in the past is now',
    machine: wait({ Timestamp: '2001-01-01T00:00:00Z' }),
    output: 'waited',
    source: 'recorded',
  },
  {
    name: 'a Timestamp may be an expression, with an offset and a fraction',
    machine: wait({ Timestamp: '{% $states.input %}' }),
    input: '2001-01-01T00:00:00.123456+02:00',
    output: 'waited',
    source: 'recorded',
  },
  {
    name: 'a Timestamp to come',
    machine: wait({ Timestamp: '{% $fromMillis($toMillis($states.context.State.EnteredTime) + 2000) %}' }),
    output: 'waited',
  },
  badTime('2001-01-01 00:00:00Z'),
  badTime('2001-01-01T00:00:00'),
  badTime('2001-01-01T00:00:00.000'),
  badTime('2001-13-01T00:00:00Z'),
  badTime('tomorrow'),
  {
    name: 'Seconds must not be negative',
    machine: wait({ Seconds: '{% -1 %}' }),
    error: 'States.QueryEvaluationError',
    cause: /the field 'Seconds'/,
  },
  {
    name: 'Seconds must be a whole number',
    machine: wait({ Seconds: '{% 1.5 %}' }),
    error: 'States.QueryEvaluationError',
  },
  { name: 'Seconds must be a number', machine: wait({ Seconds: "{% '1' %}" }), error: 'States.QueryEvaluationError' },
];
