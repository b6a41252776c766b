import * as z from 'zod';

/** One candidate as the judge saw it: the scores that rank it, best values first in their order. */
export const Candidate = z.object({
  attempt: z.int().describe('Its `n`.'),
  gate: z
    .enum(['empty', 'does_not_apply', 'secret', 'too_large', 'not_verified'])
    .nullable()
    .describe('Null when all gates were passed, else the reason by which it is out.'),
  verified: z.boolean().describe('A fresh sandbox applied the diff and ran everything that it was to run.'),
  regressions: z.int().describe('Tests that passed before and fail with the diff.'),
  removed: z
    .int()
    .optional()
    .describe(
      'Tests that passed before and no longer run: deleted, renamed, skipped. Absent in verdicts of earlier versions.',
    ),
  cross: z
    .number()
    .nullable()
    .describe('Share of the reproduction tests that fail on base and pass on it, 0 to 1; null when there were none.'),
  fixed: z.int().describe('Tests that failed before and pass with the diff.'),
  tests: z
    .enum(['passed', 'failed', 'timed_out', 'inert', 'infra_failed'])
    .nullable()
    .describe('The project’s tests with the diff: null when there are none, `inert` when they do not run here.'),
  cluster: z.int().describe('How many attempts found this solution, itself counted.'),
  files: z.int().describe('Files that its diff changes.'),
  lines: z.int().describe('Lines that its diff adds and removes.'),
  cost_usd: z.number().describe('Of its model calls.'),
});
export type Candidate = z.infer<typeof Candidate>;

/** The judge's ranking with its evidence. Deterministic: the same evidence gives the same verdict. */
export const Verdict = z.object({
  round: z.int().describe('1: there are no further rounds yet.'),
  winner: z.int().nullable().describe('The `n` of the best attempt; null: none passed the gates.'),
  ranking: z.array(Candidate).describe('Best first.'),
  decided_by: z.string().describe('The score that told the first two apart.'),
  reason: z.string().describe('One sentence for a person.'),
  cross_tests: z
    .enum(['run', 'not_needed', 'skipped'])
    .describe('Whether the reproduction tests of each attempt were run on the others.'),
  notes: z.array(z.string()).describe('What a reviewer should know besides; best attempt first.'),
});
export type Verdict = z.infer<typeof Verdict>;
