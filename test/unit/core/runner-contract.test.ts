import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { CallbackReply, CallbackRequest } from '#core/api/callbacks';
import { addedSecret } from '#core/job/patch-secrets';
import { CrossTests, Evidence, PlanFile, RunnerJob, RunnerResult, TestReport } from '#core/workflow/runner';

/** What crosses between the workflow and the runner. The runner's own tests read the same two fixtures. */
const schemas = { RunnerJob, RunnerResult, TestReport, PlanFile, Evidence, CrossTests, CallbackRequest, CallbackReply };

interface Case {
  name: string;
  schema: keyof typeof schemas;
  valid: boolean;
  value: unknown;
}

const cases = fixture('cases.json') as {
  contract: Case[];
  secrets: { name: string; blocks: boolean; lines: string[] }[];
};

describe('the contract with the runner', () => {
  it.each(cases.contract)('$schema: $name', ({ schema, valid, value }) => {
    const parsed = schemas[schema].safeParse(value);

    expect(parsed.success, parsed.error?.message).toBe(valid);
  });

  it('is described for the runner by fresh JSON schemas', () => {
    const fresh = Object.fromEntries(
      Object.entries(schemas).map(([name, schema]) => [name, z.toJSONSchema(schema, { io: 'input' })]),
    );

    // To renew it, write `fresh` to test/fixtures/runner/schemas.json.
    expect(fixture('schemas.json')).toEqual(JSON.parse(JSON.stringify(fresh)));
  });

  it.each(cases.secrets)('a patch that adds $name', ({ blocks, lines }) => {
    // Written in halves, so that no scanner takes the fixture for a leak.
    const added = lines.map((line) => `+${line.replaceAll('|', '')}`);
    const patch = ['diff --git a/x b/x', '--- a/x', '+++ b/x', `@@ -0,0 +1,${added.length} @@`, ...added, ''].join(
      '\n',
    );

    expect(addedSecret(patch) !== undefined).toBe(blocks);
  });
});

function fixture(name: string): unknown {
  return JSON.parse(readFileSync(fileURLToPath(new URL(`../../fixtures/runner/${name}`, import.meta.url)), 'utf8'));
}
