import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { throttled } from '#core/workflow/limits';
import { readConfig } from '#lib/config';
import { PatchbayStack } from '#lib/patchbay-stack';
import type { JsonObject } from '#local/parts';
import type { Behaviour, FunctionTable } from '#local/states/function-table';
import { aWorkbench } from '../local/states/workbench.ts';
import { synthesizedMachine } from '../support/synthesized-machine.ts';

/** What the steps of one attempt answer when all goes well. */
const well: Record<string, Behaviour> = {
  CreateSandbox: { returns: { run_timeout_seconds: 600 } },
  RunAgent: { returns: {}, token: [{ success: {} }] },
  Collect: { returns: { verify: true } },
  EndAttempt: { returns: { attempt: 1, status: 'solved', verified: true, repro: false, refused: false } },
  Judge: { returns: {} },
  Finish: { returns: { status: 'awaiting_review' } },
};
const throttle: Behaviour = { refuses: { code: 'TooManyRequestsException', message: 'Rate Exceeded.' } };
const input = { tenant: 't', job_id: 'j1', round: 1, dispatch: 1, attempts: [{ n: 1, slot: 0 }] };

/** The machine of the template, its functions named as in lib/functions.ts. */
let machine: JsonObject;

beforeAll(() => {
  const stack = new PatchbayStack(new App({ context: { bundle: 'false' } }), 'Test', { config: readConfig({}) });
  const text = JSON.stringify(synthesizedMachine(Template.fromStack(stack)));
  machine = JSON.parse(text.replaceAll(/:Functions(\w+)Function[0-9A-F]{8}"/g, ':$1"'));
});

/** Runs the machine and tells how it ended, and how often each function was called. */
async function run(functions: FunctionTable) {
  const bench = await aWorkbench(machine, { functions, timeScale: 2_000 });
  const end = await bench.end(await bench.start(input));
  const calls = Object.groupBy(bench.functions.notes, (note) => note.function);
  return { end, calls: Object.fromEntries(Object.entries(calls).map(([name, notes]) => [name, notes?.length])) };
}

describe('a step that Lambda throttled', () => {
  it('is called again, whichever it is, and the job ends as if nothing had been', async () => {
    const throttles = Array.from({ length: throttled.times }, () => throttle);
    const functions = Object.entries(well).map(([name, answer]) => [name, [...throttles, answer]]);

    const { end, calls } = await run(Object.fromEntries(functions));

    expect(end).toMatchObject({ status: 'SUCCEEDED', output: '{"status":"awaiting_review"}' });
    const twice = throttled.times + 2; // in the sandbox of the attempt, and in the one that verifies
    const once = throttled.times + 1;
    expect(calls).toEqual({
      ...{ CreateSandbox: twice, RunAgent: twice, Collect: twice },
      ...{ EndAttempt: once, Judge: once, Finish: once },
    });
  });

  it('is given up at last, and the attempt goes on without it', async () => {
    const { end, calls } = await run({ ...well, RunAgent: throttle, Collect: { returns: { verify: false } } });

    expect(end.status).toBe('SUCCEEDED');
    expect(calls).toMatchObject({ RunAgent: throttled.times + 1, Collect: 1, Finish: 1 });
  });

  it('is another thing than one that failed: an agent that may have been started is not started again', async () => {
    const failed = { throws: { errorType: 'Boom', errorMessage: 'after the start' } };

    const { calls } = await run({ ...well, RunAgent: failed, Collect: { returns: { verify: false } } });

    expect(calls).toMatchObject({ RunAgent: 1, Collect: 1 });
  });
});
