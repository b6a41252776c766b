import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { JsonObject } from '#local/parts';
import { type FunctionTable, TableFunctions } from './function-table.ts';
import { startStates } from './service.ts';

const HELP = `Runs a state machine as Step Functions would, and prints its history and its end as JSON.

  npm run asl -- <definition.json> [<input.json>] [--functions <table.json>] [--time-scale <n>]

  <definition.json>   a definition in the Amazon States Language: JSONata, Standard, Lambda tasks, inline Map
  <input.json>        its input; default {}
  --functions         what the functions do (below); a function that is not in it does not exist
  --time-scale <n>    divides Wait, Retry intervals, HeartbeatSeconds, TimeoutSeconds and all seconds below; default 1

The table says by name of the function what a call does; a list says it call by call, its last entry for all further calls:

  {
    "greet":  { "returns": { "hello": "{% $payload.name %}" } },
    "flaky":  [ { "throws": { "errorType": "Busy", "errorMessage": "later" } }, { "returns": 1 } ],
    "denied": { "refuses": { "code": "AccessDeniedException", "message": "no" } },
    "agent":  { "after": 1, "returns": null,
                "token": [ { "sleep": 2 }, { "heartbeat": true }, { "sleep": 2 }, { "success": { "ok": true } } ] }
  }

  after     seconds until the call answers
  returns   the answer; null where none of the four is given
  answers   the answer as text, which need not be JSON
  throws    the handler fails: {errorType, errorMessage}, or any other value
  refuses   Lambda itself refuses the call: {code, message}
  token     steps with the task token, from the call on, whether or not it has answered; the token is the first text in the
            payload under a key like "token", "TaskToken", "task_token":
            {sleep: seconds} | {heartbeat: true} | {success: value} | {failure: {error?, cause?}}

Any value may be an expression over $payload, $call (1, 2, …) and $function.

It exits with 0 when the execution succeeds, 1 when it ends otherwise, 2 when the definition or the call is refused.`;

const ARN = 'arn:aws:states:us-east-1:000000000000:stateMachine:';

interface Request {
  definition: JsonObject;
  input: string;
  table: FunctionTable;
  timeScale: number;
}

/** Runs one execution in a state folder of its own, which is gone afterwards. */
async function run({ definition, input, table, timeScale }: Request): Promise<JsonObject> {
  const stateDir = mkdtempSync(join(tmpdir(), 'asl-'));
  try {
    const ended = Promise.withResolvers<void>();
    const call = (operation: string, request: JsonObject) => states.call(operation, request);
    const functions = new TableFunctions({ table, timeScale, call });
    const machine = {
      arn: `${ARN}machine`,
      name: 'machine',
      roleArn: 'arn:aws:iam::000000000000:role/machine',
      definition,
    };
    const states = await startStates({
      machines: [machine],
      invoke: (arn, payload) => functions.invoke(arn, payload),
      emit: ({ detail }) => detail.status !== 'RUNNING' && ended.resolve(),
      count: () => undefined,
      stateDir,
      timeScale,
    });
    const { executionArn } = await call('StartExecution', { stateMachineArn: machine.arn, name: 'run', input });
    await ended.promise;
    const { status, output, error, cause } = await call('DescribeExecution', { executionArn: String(executionArn) });
    const history = await historyOf(call, String(executionArn));
    await states.stop();
    return {
      status: String(status),
      ...(output === undefined ? {} : { output: JSON.parse(String(output)) }),
      ...(error === undefined ? {} : { error }),
      ...(cause === undefined ? {} : { cause }),
      history,
      calls: functions.notes.map((note) => ({ ...note })),
    };
  } finally {
    rmSync(stateDir, { recursive: true, force: true });
  }
}

type Call = (operation: string, request: JsonObject) => Promise<JsonObject>;

async function historyOf(call: Call, executionArn: string): Promise<JsonObject[]> {
  const events: JsonObject[] = [];
  let more: JsonObject = {};
  do {
    const reply = await call('GetExecutionHistory', { executionArn, maxResults: 1000, ...more });
    events.push(...(reply.events as JsonObject[]));
    more = reply.nextToken === undefined ? {} : { nextToken: reply.nextToken };
  } while (more.nextToken !== undefined);
  return events;
}

function readRequest(): Request | null {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      functions: { type: 'string' },
      'time-scale': { type: 'string', default: '1' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [definition, input] = positionals;
  if (values.help || definition === undefined || positionals.length > 2) return null;
  const timeScale = Number(values['time-scale']);
  if (!(timeScale > 0)) throw new Error('--time-scale must be a positive number');
  return {
    definition: readJson(definition) as JsonObject,
    input: input === undefined ? '{}' : JSON.stringify(readJson(input)),
    table: values.functions === undefined ? {} : (readJson(values.functions) as FunctionTable),
    timeScale,
  };
}

/** npm runs scripts in the project; INIT_CWD is where the user stands. */
function readJson(path: string): unknown {
  const text = readFileSync(resolve(process.env.INIT_CWD || process.cwd(), path), 'utf8');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

try {
  const request = readRequest();
  if (request === null) {
    console.log(HELP);
    process.exitCode = process.argv.includes('--help') || process.argv.includes('-h') ? 0 : 2;
  } else {
    const result = await run(request);
    console.log(JSON.stringify(result, null, 2));
    process.exitCode = result.status === 'SUCCEEDED' ? 0 : 1;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
