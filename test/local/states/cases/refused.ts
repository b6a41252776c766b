import type { JsonObject } from '#local/parts';
import { choice, end, INVOKE, machine, map, one, parallel, pass, TOKEN, task, tokenTask } from './case.ts';

/** [what is wrong, definition, part of the finding] */
export const REFUSED: [string, JsonObject, string][] = [
  ['no query language', { StartAt: 'S', States: { S: end(pass()) } }, "QueryLanguage must be 'JSONata'"],
  ['JSONPath for the machine', { ...one(pass()), QueryLanguage: 'JSONPath' }, "QueryLanguage must be 'JSONata'"],
  ['JSONPath for a state', one(pass({ QueryLanguage: 'JSONPath' })), "/States/S: QueryLanguage must be 'JSONata'"],
  ['an unknown field of the machine', { ...one(pass()), Extra: 1 }, "Field 'Extra' is not supported"],
  ['an unknown field of a state', one(pass({ Extra: 1 })), "/States/S: Field 'Extra' is not supported"],
  ['an unknown type', one({ Type: 'Loop' }), "Type 'Loop' is not supported"],
  ['no states', { QueryLanguage: 'JSONata', StartAt: 'S', States: {} }, 'must be an object with states in it'],
  ['a start that is not there', { ...one(pass()), StartAt: 'X' }, "there is no state 'X'"],
  ['a next state that is not there', machine({ A: pass({ Next: 'X' }) }), "/States/A/Next: there is no state 'X'"],
  [
    'a default that is not there',
    machine({ C: choice([{ Condition: true, Next: 'A' }], { Default: 'X' }), A: end(pass()) }),
    "there is no state 'X'",
  ],
  [
    'a rule that leads nowhere',
    machine({ C: choice([{ Condition: true, Next: 'X' }]) }),
    "Choices[0]/Next: there is no state 'X'",
  ],
  [
    'a catcher that leads nowhere',
    one(task('f', { Catch: [{ ErrorEquals: ['E'], Next: 'X' }] })),
    "Catch[0]/Next: there is no state 'X'",
  ],
  ['a state that nothing leads to', machine({ A: end(pass()), B: end(pass()) }), '/States/B: no state leads to it'],
  ['no end', machine({ A: pass({ Next: 'A' }) }), 'no state ends the flow'],
  ['no end inside a branch', one(parallel([{ A: pass({ Next: 'A' }) }])), 'Branches[0]/States: no state ends the flow'],
  [
    'a way out of a branch',
    machine({ P: parallel([{ A: pass({ Next: 'B' }) }], { Next: 'B' }), B: end(pass()) }),
    "there is no state 'B' beside it",
  ],
  [
    'one name twice',
    machine({ A: parallel([{ B: end(pass()) }], { Next: 'B' }), B: end(pass()) }),
    "more than one state 'B'",
  ],
  ['neither Next nor End', machine({ A: pass() }), 'needs either Next or End'],
  ['both Next and End', machine({ A: { ...end(pass()), Next: 'A' } }), 'needs either Next or End'],
  ['JSONPath fields', one(pass({ Parameters: { 'a.$': '$.b' } })), "Field 'Parameters' is not supported: JSONPath"],
  ['a JSONPath result', one(pass({ Result: 1 })), "Field 'Result' is not supported: JSONPath"],
  ['a JSONPath key', one(pass({ Output: { 'a.$': '$.b' } })), 'nor is a key that ends in .$'],
  [
    'a JSONPath choice',
    machine({ C: choice([{ Variable: '$.x', BooleanEquals: true, Next: 'A' }]), A: end(pass()) }),
    "Field 'Variable' is not supported: JSONPath",
  ],
  ['a retry of a Pass', one(pass({ Retry: [] })), "Field 'Retry' is not supported"],
  [
    'a timeout of a Map',
    one(map({ I: end(pass()) }, { TimeoutSeconds: 1 })),
    "Field 'TimeoutSeconds' is not supported",
  ],
  ['an Assign of a Succeed', machine({ Z: { Type: 'Succeed', Assign: { x: 1 } } }), "Field 'Assign' is not supported"],
  [
    'credentials',
    one(task('f', { Credentials: { RoleArn: 'x' } })),
    "Field 'Credentials' is not supported: tasks run under",
  ],
  [
    'a distributed Map',
    one(
      map(
        { I: end(pass()) },
        { ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED' }, StartAt: 'I', States: { I: end(pass()) } } },
      ),
    ),
    "Mode 'DISTRIBUTED' is not supported",
  ],
  [
    'tolerated failures',
    one(map({ I: end(pass()) }, { ToleratedFailureCount: 1 })),
    "'ToleratedFailureCount' is not supported: it belongs to the distributed Map",
  ],
  [
    'an iterator',
    one({ Type: 'Map', Iterator: { StartAt: 'I', States: { I: end(pass()) } } }),
    "Field 'Iterator' is not supported: use ItemProcessor",
  ],
  [
    'a query language of a processor',
    one(
      map(
        { I: end(pass()) },
        { ItemProcessor: { QueryLanguage: 'JSONata', StartAt: 'I', States: { I: end(pass()) } } },
      ),
    ),
    "Field 'QueryLanguage' is not supported",
  ],
  [
    'another resource',
    one({ Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage', Arguments: {} }),
    "Resource 'arn:aws:states:::sqs:sendMessage' is not supported",
  ],
  [
    'a function by its ARN',
    one({ Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:000000000000:function:f', Arguments: {} }),
    'is not supported, only lambda:invoke',
  ],
  [
    'other arguments',
    one({ Type: 'Task', Resource: INVOKE, Arguments: { FunctionName: 'f', InvocationType: 'Event' } }),
    "/Arguments: Field 'InvocationType' is not supported",
  ],
  ['no function', one({ Type: 'Task', Resource: INVOKE, Arguments: { Payload: 1 } }), 'FunctionName is missing'],
  [
    'a token without a heartbeat',
    one({ Type: 'Task', Resource: TOKEN, Arguments: { FunctionName: 'f' }, TimeoutSeconds: 9 }),
    'needs both TimeoutSeconds and HeartbeatSeconds',
  ],
  [
    'a token without a timeout',
    one({ Type: 'Task', Resource: TOKEN, Arguments: { FunctionName: 'f' }, HeartbeatSeconds: 9 }),
    'needs both TimeoutSeconds and HeartbeatSeconds',
  ],
  [
    'a heartbeat as long as the timeout',
    one(tokenTask('f', { TimeoutSeconds: 9, HeartbeatSeconds: 9 })),
    'HeartbeatSeconds must be less than TimeoutSeconds',
  ],
  [
    'a heartbeat without a token',
    one(task('f', { TimeoutSeconds: 9, HeartbeatSeconds: 3 })),
    'no meaning without a task token',
  ],
  ['a timeout of no time', one(task('f', { TimeoutSeconds: 0 })), 'must be a positive integer or an expression'],
  [
    'an expression that does not compile',
    one(pass({ Output: '{% 1 + %}' })),
    'does not compile: S0207 Unexpected end of expression',
  ],
  [
    'an expression deep inside that does not compile',
    one(pass({ Assign: { a: [{ b: '{% a[1,2) %}' }] } })),
    '/States/S/Assign/a/0/b: {% a[1,2) %} does not compile',
  ],
  ['$eval', one(pass({ Output: '{% $eval("1") %}' })), 'uses $eval'],
  ['$eval handed on', one(pass({ Output: '{% $map(["1"], $eval) %}' })), 'uses $eval'],
  ['a bare $', one(pass({ Output: '{% $ %}' })), 'uses a bare $'],
  ['a bare $ in front of a path', one(pass({ Output: '{% $.x %}' })), 'uses a bare $'],
  ['a bare $ in a function', one(pass({ Output: '{% $map([1], function($v) { $.x }) %}' })), 'uses a bare $'],
  ['$$', one(pass({ Output: '{% $states.input.a[$$.x = 1] %}' })), 'uses $$'],
  ['a bare name', one(pass({ Output: '{% input.x %}' })), "uses the bare name 'input'"],
  ['a wildcard of nothing', one(pass({ Output: '{% *.x %}' })), 'starts from the root'],
  [
    'an error output outside a Catch',
    one(task('f', { Output: '{% $states.errorOutput.Error %}' })),
    'reads $states.errorOutput outside a Catch',
  ],
  ['an expression for Next', machine({ A: pass({ Next: '{% "B" %}' }) }), '/Next: must be a constant'],
  [
    'an expression for an error name',
    one(task('f', { Retry: [{ ErrorEquals: '{% ["a"] %}' }] })),
    'ErrorEquals must be a list of names',
  ],
  ['a variable named states', one(pass({ Assign: { states: 1 } })), "'states' cannot be the name of a variable"],
  ['a variable with a blank', one(pass({ Assign: { 'a b': 1 } })), "'a b' cannot be the name of a variable"],
  ['an Assign that is no object', one(pass({ Assign: '{% {} %}' })), 'must be an object'],
  [
    'States.ALL in company',
    one(task('f', { Retry: [{ ErrorEquals: ['States.ALL', 'E'] }] })),
    'States.ALL must stand alone',
  ],
  [
    'States.ALL before others',
    one(task('f', { Retry: [{ ErrorEquals: ['States.ALL'] }, { ErrorEquals: ['E'] }] })),
    'and last',
  ],
  ['no error names', one(task('f', { Retry: [{ ErrorEquals: [] }] })), 'ErrorEquals must be a list of names'],
  [
    'a negative interval',
    one(task('f', { Retry: [{ ErrorEquals: ['E'], IntervalSeconds: -1 }] })),
    'IntervalSeconds: must be a positive integer',
  ],
  [
    'a backoff that shrinks',
    one(task('f', { Retry: [{ ErrorEquals: ['E'], BackoffRate: 0.5 }] })),
    'BackoffRate: must be a number of at least 1',
  ],
  [
    'another jitter',
    one(task('f', { Retry: [{ ErrorEquals: ['E'], JitterStrategy: 'SOME' }] })),
    'JitterStrategy: must be FULL or NONE',
  ],
  [
    'an unknown field of a retrier',
    one(task('f', { Retry: [{ ErrorEquals: ['E'], Max: 1 }] })),
    "Retry[0]: Field 'Max' is not supported",
  ],
  [
    'a path of a catcher',
    machine({
      T: task('f', { Catch: [{ ErrorEquals: ['E'], ResultPath: '$.e', Next: 'B' }], Next: 'B' }),
      B: end(pass()),
    }),
    "Catch[0]: Field 'ResultPath' is not supported",
  ],
  ['a Wait for nothing', one({ Type: 'Wait' }), 'either Seconds or Timestamp'],
  [
    'a Wait for both',
    one({ Type: 'Wait', Seconds: 1, Timestamp: '2001-01-01T00:00:00Z' }),
    'either Seconds or Timestamp',
  ],
  ['no rules', machine({ C: choice([], { Default: 'A' }), A: end(pass()) }), 'a Choice needs rules'],
  [
    'a rule without a condition',
    machine({ C: choice([{ Next: 'A' }]), A: end(pass()) }),
    'Condition must be an expression',
  ],
  ['no branches', one({ Type: 'Parallel', Branches: [] }), 'a Parallel needs branches'],
  [
    'an unknown field of a branch',
    one({ Type: 'Parallel', Branches: [{ StartAt: 'A', States: { A: end(pass()) }, X: 1 }] }),
    "Branches[0]: Field 'X'",
  ],
  [
    'a machine that times out by an expression',
    { ...one(pass()), TimeoutSeconds: '{% 1 %}' },
    'TimeoutSeconds of the machine',
  ],
];
