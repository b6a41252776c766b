import * as z from 'zod';

/** One candidate as the judge saw it: the scores that rank it, best values first in their order. */
export const Candidate = z.object({
  attempt: z.int(),
  /** Null when all gates were passed, else the reason by which it is out. */
  gate: z.enum(['empty', 'does_not_apply', 'secret', 'too_large', 'not_verified']).nullable(),
  verified: z.boolean(),
  regressions: z.int(),
  /** Tests that passed before and no longer run: deleted, renamed, skipped. Absent in verdicts of earlier versions. */
  removed: z.int().optional(),
  /** Share of the reproduction tests that fail on base and pass on it, 0 to 1; null when there were none. */
  cross: z.number().nullable(),
  fixed: z.int(),
  /** The project's tests on the patch: null when there are none. */
  tests: z.enum(['passed', 'failed', 'timed_out', 'inert', 'infra_failed']).nullable(),
  cluster: z.int(),
  files: z.int(),
  lines: z.int(),
  cost_usd: z.number(),
});
export type Candidate = z.infer<typeof Candidate>;

/** The judge's ranking with its evidence. Deterministic: the same evidence gives the same verdict. */
export const Verdict = z.object({
  round: z.int(),
  /** Null: no candidate passed the gates. */
  winner: z.int().nullable(),
  /** Attempts, best first. */
  ranking: z.array(Candidate),
  /** The score that told the first two apart. */
  decided_by: z.string(),
  /** One sentence for a person. */
  reason: z.string(),
  cross_tests: z.enum(['run', 'not_needed', 'skipped']),
  notes: z.array(z.string()),
});
export type Verdict = z.infer<typeof Verdict>;
