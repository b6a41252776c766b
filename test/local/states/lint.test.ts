import validate from 'asl-validator';
import { describe, expect, test } from 'vitest';
import { lintDefinition } from '#local/states/lint';
import { choice, end, machine, map, one, parallel, pass, task, tokenTask } from './cases/case.ts';
import { REFUSED } from './cases/refused.ts';
import { aWorkbench } from './workbench.ts';

describe('refused', () => {
  test.each(REFUSED)('%s', (_what, definition, finding) => {
    expect(lintDefinition(definition)).toContainEqual(expect.stringContaining(finding));
  });
});

test('a definition with everything in it passes here and at asl-validator', () => {
  const caught = [{ ErrorEquals: ['States.ALL'], Output: { e: '{% $states.errorOutput.Error %}' }, Next: 'Lost' }];
  const definition = machine({
    First: pass({ Assign: { x: 1 }, Output: '{% $states.input %}', Next: 'Each' }),
    Each: map(
      { T: end(tokenTask('f', { TimeoutSeconds: '{% $x * 60 %}' })) },
      { MaxConcurrency: 8, Catch: caught, Next: 'Both' },
    ),
    Both: parallel([{ L: end(pass()) }, { R: { Type: 'Succeed' } }], { Catch: caught, Next: 'Rest' }),
    Rest: { Type: 'Wait', Seconds: '{% $x %}', Next: 'Which' },
    Which: choice([{ Condition: '{% $x = 1 %}', Assign: { y: 1 }, Next: 'Call' }], { Default: 'Lost' }),
    Call: end(task('g', { Retry: [{ ErrorEquals: ['Busy'], MaxAttempts: 2, JitterStrategy: 'FULL' }], Catch: caught })),
    Lost: { Type: 'Fail', Error: '{% $states.input.e %}' },
  });

  expect(lintDefinition(definition)).toEqual([]);
  // It is no judge of the rest: it refuses an Output that is a scalar and a Condition that is a constant, AWS does not.
  expect(validate(structuredClone(definition), { checkPaths: true, checkArn: false }).errors).toEqual([]);
});

test.each([
  ['$states.input.list[$ > 1]'],
  ['$states.input.rows.($.a + b)'],
  ['$states.input.rows^(>v).v'],
  ['$states.input.rows{k: $sum(v)}'],
  ['$map($states.input, $uppercase)'],
  ['$states.input ~> |$|{"x": 1}|'],
  ['( $f := function($x) { $x * 2 }; $f(2) )'],
  ['$merge([$job, {"a": $states.context.Task.Token}])'],
  ['$count($results[verified]) > 1'],
])('%s is fine', (source) => {
  expect(lintDefinition(one(pass({ Output: `{% ${source} %}` })))).toEqual([]);
});

test('the service does not start with findings, and shows them all', async () => {
  const definition = machine({ A: pass({ Extra: 1, Next: 'X' }) });

  await expect(aWorkbench(definition)).rejects.toThrow(/state machine Sample:\n.*'Extra'[\s\S]*there is no state 'X'/);
});
