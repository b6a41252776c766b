import type { Json } from '#local/parts';
import { type Case, one, pass } from './case.ts';

const INPUT = {
  n: 5,
  s: 'abc',
  list: [3, 1, 2],
  rows: [
    { k: 'a', v: 1 },
    { k: 'b', v: 2 },
    { k: 'a', v: 3 },
  ],
};

function gives(source: string, output: Json, more: Partial<Case> = {}): Case {
  const machine = one(pass({ Output: { r: `{% ${source} %}` } }));
  return { name: `${source} gives ${JSON.stringify(output)}`, machine, input: INPUT, output: { r: output }, ...more };
}

function fails(source: string, cause: RegExp, more: Partial<Case> = {}): Case {
  const machine = one(pass({ Output: { r: `{% ${source} %}` } }));
  return { name: `${source} fails`, machine, input: INPUT, error: 'States.QueryEvaluationError', cause, ...more };
}

const RECORDED = { source: 'recorded' } as const;

export const EXPRESSION: Case[] = [
  gives("$states.input.rows[k = 'b'].v", 2),
  gives("$states.input.rows[k = 'b']", { k: 'b', v: 2 }),
  gives("[$states.input.rows[k = 'b']]", [{ k: 'b', v: 2 }]),
  gives("[$states.input.rows[k = 'z']]", []),
  gives("$states.input.rows[k = 'a'].v", [1, 3]),
  gives('$sum($states.input.rows.v)', 6),
  gives('$states.input.rows[0].k', 'a'),
  gives('$states.input.rows[-1].v', 3),
  gives('$states.input.list[$ > 1]', [3, 2]),
  gives('$sort($states.input.list)', [1, 2, 3]),
  gives('$states.input.rows^(>v).v', [3, 2, 1]),
  gives('$states.input.rows{k: $sum(v)}', { a: 4, b: 2 }),
  gives('[1..3]', [1, 2, 3]),
  gives('$map([1, 2], function($v, $i) { $v * $i })', [0, 2]),
  gives('$filter([1, 2, 3], function($v) { $v > 1 })', [2, 3]),
  gives('$reduce([1, 2, 3], function($a, $b) { $a + $b })', 6),
  gives('$count($states.input.list)', 3),
  gives("$states.input.s & '-' & $states.input.n", 'abc-5'),
  gives('$uppercase($states.input.s)', 'ABC'),
  gives("$split('a,b', ',')", ['a', 'b']),
  gives("$join(['a', 'b'], '+')", 'a+b'),
  gives('$merge([{"a": 1}, {"b": 2}])', { a: 1, b: 2 }),
  gives('$keys({"a": 1, "b": 2})', ['a', 'b']),
  gives('$lookup({"a": 1}, "a")', 1),
  gives('$exists($states.input.no)', false),
  gives('$exists($states.input.no) ? 1 : 2', 2),
  gives('$states.input.n > 3 and $not(false)', true),
  gives("'a' in ['a', 'b']", true),
  gives('$number("12") + 1', 13),
  gives('$string({"a": [1]})', '{"a":[1]}'),
  gives('$type(null)', 'null'),
  gives('( $x := 2; $y := $x * 3; $y )', 6),
  gives('( $f := function($k) { $k <= 1 ? 1 : $k * $f($k - 1) }; $f(5) )', 120),
  gives('$states.input.list ~> $sum()', 6),
  gives("$contains('hello', /l+/)", true),
  gives("$replace('a-b', '-', '_')", 'a_b'),
  gives("$fromMillis(0, '[Y0001]')", '1970'),
  gives("$toMillis('1970-01-01T00:00:01Z')", 1000),
  gives('$type($now())', 'string'),
  gives('$base64encode("hi")', 'aGk='),
  gives('$spread({"a": 1})', { a: 1 }),
  gives('$append([1], [2])', [1, 2]),
  gives('$distinct([1, 1, 2])', [1, 2]),
  gives(
    '$partition([1, 2, 3, 4], 2)',
    [
      [1, 2],
      [3, 4],
    ],
    RECORDED,
  ),
  gives('$partition([1, 2, 3], 2)', [[1, 2], [3]]),
  gives('$range(0, 6, 2)', [0, 2, 4, 6], RECORDED),
  gives('$range(0, 5, 2)', [0, 2, 4]),
  gives('$range(3, 1, -1)', [3, 2, 1]),
  gives('$range(1, 1, 1)', 1, RECORDED),
  gives('$hash("input", "SHA-1")', '140f86aae51ab9e1cda9b4254fe98a74eb54c1a1', RECORDED),
  gives('$hash("abc", "MD5")', '900150983cd24fb0d6963f7d28e17f72'),
  gives('$length($hash("abc", "SHA-512"))', 128),
  gives('$random(42)', 0.7275636800328681, RECORDED),
  gives('$random() < 1 and $random() >= 0', true),
  gives('$match($uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4/).index', 0),
  gives('$parse("{\\"a\\": 1}").a', 1, RECORDED),
  gives('$parse("[1, 2]")', [1, 2]),
  fails('$abs("a")', /specified for the field 'Output\/r' threw an error during evaluation\. T0410: /, RECORDED),
  fails('$nothing(1)', /threw an error during evaluation\. T1006: /),
  fails('1 + "a"', /threw an error during evaluation\. T2002: /),
  fails('$hash("a", "SHA-3")', /threw an error during evaluation: /),
  fails('$parse("{")', /threw an error during evaluation: /),
  fails('$range(1, 2, 0)', /threw an error during evaluation: /),
  fails('$formatNumber(1, "x")', /threw an error during evaluation/, RECORDED),
  fails('( $f := function($k) { $f($k + 1) + 1 }; $f(0) )', /threw an error during evaluation/),
  fails('$sum([1..900000].($ * 1))', /threw an error during evaluation/),
  fails('function($x) { $x }', /returned an unexpected result type/),
  fails("$states.input.rows[k = 'z']", /returned nothing \(undefined\)\./),
  fails('$error("no")', /threw an error during evaluation\. D3137: no/),
  {
    name: '$states.context tells who runs what',
    machine: one(
      pass({
        Output: {
          execution: '{% $states.context.Execution.Input %}',
          machine: '{% $states.context.StateMachine.Name %}',
          state: '{% $states.context.State.Name %}',
          own: "{% $states.context.Execution.Id = $replace($states.context.StateMachine.Id, 'stateMachine', 'execution') & ':' & $states.context.Execution.Name %}",
          redriven: '{% $states.context.Execution.RedriveCount %}',
          times:
            '{% $type($toMillis($states.context.Execution.StartTime)) & $type($toMillis($states.context.State.EnteredTime)) %}',
        },
      }),
    ),
    input: 3,
    output: { execution: 3, machine: 'Sample', state: 'S', own: true, redriven: 0, times: 'numbernumber' },
    source: 'recorded',
  },
];
