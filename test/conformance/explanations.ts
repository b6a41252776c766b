/** Why cases differ on MiniStack. `cases` are names; a difference that nothing here names fails `npm run conformance`. */
export interface Explanation {
  cases: string[];
  /** Whose answer is AWS's, as published; `neither` where the case cannot be staged on MiniStack. */
  right: 'interpreter' | 'neither';
  /** What MiniStack does otherwise, or what keeps the case from being staged there. */
  why: string;
  /** Where AWS says so. */
  source: string;
  /** What comes first decides: whether it differs at all, or only in which fields. */
  unsteady?: 'whether' | 'where';
}

const SPEC = 'https://states-language.net/spec.html';
const GUIDE = 'https://docs.aws.amazon.com/step-functions/latest/dg';
const API = 'https://docs.aws.amazon.com/step-functions/latest/apireference';
/** LocalStack's tests of Step Functions keep what AWS answered next to each case. */
const RECORDED =
  'recorded on AWS: https://github.com/localstack/localstack (tests/aws/services/stepfunctions, *.snapshot.json)';

export const EXPLANATIONS: Explanation[] = [
  {
    cases: ['$range(1, 1, 1) gives 1', 'function($x) { $x } fails'],
    right: 'interpreter',
    why: 'It evaluates by jsonata-python: a sequence of one stays a list, and a result that is no JSON fails as States.Runtime.',
    source: `${RECORDED}; ${GUIDE}/transforming-data.html, errors of JSONata are States.QueryEvaluationError`,
  },
  {
    cases: ['$random(42) gives 0.7275636800328681'],
    right: 'interpreter',
    why: "A seed gives another number: Python's generator, where AWS has Java's.",
    source: RECORDED,
  },
  {
    cases: ['$states.context tells who runs what'],
    right: 'interpreter',
    why: 'Its context has no Execution.RedriveCount.',
    source: `${GUIDE}/input-output-contextobject.html`,
  },
  {
    cases: [
      'all of Assign sees the values on entry',
      'a variable that is first assigned here is not there yet',
      'a loop counts down',
    ],
    right: 'interpreter',
    why: 'It assigns one variable after the other, so later ones see new values; AWS evaluates all with the values on entry.',
    source: `${GUIDE}/workflow-variables.html, "Assign" and the order of evaluation`,
  },
  {
    cases: ['branches see the outer variables and never write them'],
    right: 'interpreter',
    why: 'A branch writes the variables of the states around it; on AWS its scope is its own.',
    source: `${GUIDE}/workflow-variables.html, scope of variables`,
  },
  {
    cases: ['a call gives the result of lambda:invoke'],
    right: 'interpreter',
    why: 'Its result of lambda:invoke has no ExecutedVersion.',
    source: `${RECORDED}; https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html`,
  },
  {
    cases: ['a string Payload that is no JSON is refused'],
    right: 'interpreter',
    why: 'It calls the function with the text; Lambda refuses a payload that is no JSON.',
    source: 'https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html, InvalidRequestContentException',
  },
  {
    cases: ['without a Payload the function gets an empty object'],
    right: 'interpreter',
    why: 'It hands the arguments of the call to the function in place of a payload.',
    source: `${GUIDE}/connect-lambda.html`,
  },
  {
    cases: ['the function may be named by its ARN, version and all'],
    right: 'neither',
    why: 'Functions are made for the run without versions: there is no version 3 to name. Without the version it is the same.',
    source: `${GUIDE}/connect-lambda.html`,
  },
  {
    cases: [
      'Arguments that are no object fail the state',
      'TimeoutSeconds must be a positive integer',
      'MaxConcurrency must be a non-negative integer',
      'a condition that is no boolean fails the state',
      'an input that is no list fails the state',
    ],
    right: 'interpreter',
    why: 'It takes expressions of a wrong type or out of range as they are, or fails with States.Runtime.',
    source: `${GUIDE}/transforming-data.html, type incompatibility and value out of range are States.QueryEvaluationError; ${RECORDED}`,
  },
  {
    cases: ['TimeoutSeconds may be an expression', 'both clocks may be expressions'],
    right: 'interpreter',
    why: 'It compares the text of the expression with a number, and fails with States.Runtime.',
    source: `${SPEC}#task-state: TimeoutSeconds and HeartbeatSeconds may be JSONata expressions`,
  },
  {
    cases: ['an error without a type is unknown', 'a refused call is an AWS Lambda exception', 'a throttled call'],
    right: 'neither',
    why: 'A handler inside MiniStack can only raise: no answer without a type, and no refusal or throttling by Lambda itself.',
    source: `${GUIDE}/concepts-error-handling.html, Lambda.Unknown and errors of the service`,
  },
  {
    cases: ['each retrier counts for itself', 'RetryCount counts all retriers'],
    right: 'interpreter',
    why: 'It calls every failure of a handler Runtime.HandlerError, so two errors cannot be told apart; AWS has the errorType.',
    source: `${GUIDE}/concepts-error-handling.html, handled and unhandled errors of Lambda`,
  },
  {
    cases: [
      'a result over 256 KiB fails the task',
      'bytes count, not characters',
      'States.ALL catches a result that is too large',
      'a result that is too large is caught by its name',
      'an output over 256 KiB fails the state',
      'an Assign over 256 KiB fails the state',
    ],
    right: 'interpreter',
    why: 'It knows no limit of 256 KiB. (The guide says that States.ALL does not catch this error; the recording of a task shows that it does.)',
    source: `${GUIDE}/service-quotas.html; ${GUIDE}/concepts-error-handling.html, States.DataLimitExceeded; ${RECORDED}`,
  },
  {
    cases: ['a timeout shows an empty cause to its catcher'],
    right: 'interpreter',
    why: 'It writes a cause of its own.',
    source: RECORDED,
  },
  {
    cases: ['no rule and no default is a runtime error', 'States.Runtime passes every catcher'],
    right: 'interpreter',
    why: 'It fails with States.NoChoiceMatched, as the specification says, and so it can be caught; AWS fails with States.Runtime, which nothing catches.',
    source: `${RECORDED}; ${GUIDE}/concepts-error-handling.html, States.ALL and States.Runtime`,
  },
  {
    cases: ['SendTaskFailure without an error', 'SendTaskFailure without an error, caught'],
    right: 'interpreter',
    why: 'It makes up the error TaskFailed, where error and cause are optional.',
    source: `${API}/API_SendTaskFailure.html; ${RECORDED}`,
  },
  {
    cases: [
      'a lost heartbeat is a timeout',
      'a lost heartbeat is caught by States.Timeout',
      'a lost heartbeat answers to States.HeartbeatTimeout',
    ],
    right: 'interpreter',
    why: 'It ignores HeartbeatSeconds: the task waits until TimeoutSeconds.',
    source: `${SPEC}#task-state, HeartbeatSeconds; ${RECORDED}`,
  },
  {
    cases: ['a failing call fails the state'],
    right: 'interpreter',
    why: 'A token task whose function fails waits on for its token.',
    source: `${GUIDE}/connect-to-resource.html, waiting for a callback begins after the call succeeded`,
  },
  {
    cases: ['a token that is settled is settled', 'a retry has a token of its own'],
    right: 'interpreter',
    why: 'It takes what comes for a settled token, and the token of an earlier try settles the next one.',
    source: `${API}/API_SendTaskSuccess.html, TaskTimedOut; ${GUIDE}/connect-to-resource.html, a token belongs to one task`,
    unsteady: 'where',
  },
  {
    cases: ['the token is in the context of a token task alone'],
    right: 'interpreter',
    why: 'Its context keeps the token in the states after the task.',
    source: `${GUIDE}/input-output-contextobject.html, Task.Token`,
  },
  {
    cases: [
      'an iteration may end in a Succeed',
      'branches have states of their own, and their own ends',
      'Succeed has an Output',
    ],
    right: 'interpreter',
    why: 'It passes over the Output of a Succeed.',
    source: `${SPEC}, table of state types and fields: Succeed has Output`,
  },
  {
    cases: ['a failed iteration fails the Map and aborts the others'],
    right: 'interpreter',
    why: 'It lets all iterations end and reports the first by index; AWS fails the Map with the first in time and stops the others.',
    source: `${SPEC}#map-state`,
    unsteady: 'whether',
  },
  {
    cases: ['a failed branch fails the Parallel'],
    right: 'interpreter',
    why: 'It lets all branches end first.',
    source: `${SPEC}#parallel-state: when a branch fails, the others are stopped`,
  },
  {
    cases: ['a failing ItemSelector fails the Map'],
    right: 'interpreter',
    why: 'Its cause does not say in which field the expression stands.',
    source: `${API}/API_EvaluationFailedEventDetails.html, location; ${RECORDED}`,
  },
  {
    cases: [
      'Arguments are the input of all branches',
      'Output sees the results',
      'a failing Output of a Parallel is caught by it',
    ],
    right: 'interpreter',
    why: 'It passes over Arguments and Output of a Parallel, and fails past its catchers.',
    source: `${SPEC}#parallel-state and its table of fields`,
  },
  {
    cases: ["the state's Output serves the Default"],
    right: 'interpreter',
    why: 'It passes over the Output of a Choice when the Default is taken.',
    source: `${GUIDE}/state-choice.html, Output and Assign of the state serve the Default`,
  },
  {
    cases: [
      '2001-01-01 00:00:00Z is no timestamp',
      '2001-01-01T00:00:00 is no timestamp',
      '2001-01-01T00:00:00.000 is no timestamp',
    ],
    right: 'interpreter',
    why: 'It takes timestamps without the T or without an offset.',
    source: `${SPEC}#timestamps: RFC 3339, with T and Z or an offset; ${RECORDED}`,
  },
  {
    cases: ['a Fail without error and cause', 'a Fail with a cause alone'],
    right: 'interpreter',
    why: 'It makes up the error States.Fail, where both fields are optional.',
    source: `${SPEC}#fail-state; ${RECORDED}`,
  },
  {
    cases: ["the machine's timeout ends it, past every catcher"],
    right: 'interpreter',
    why: "It ignores the machine's TimeoutSeconds while a Parallel runs.",
    source: `${SPEC}#toplevelfields, TimeoutSeconds; ${RECORDED}`,
  },
];
