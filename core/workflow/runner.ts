import * as z from 'zod';

/**
 * The contract between the workflow and the runner inside a sandbox: its one input file, and the files it leaves.
 * The Python side validates the same shapes; `test/fixtures/runner/*.json` is read by both.
 */

export const runnerModes = ['solve', 'verify', 'judge'] as const;
export type RunnerMode = (typeof runnerModes)[number];

/** Where things are in a sandbox. `root` is `/workspace`, or what `PATCHBAY_WORKSPACE_ROOT` says where jails are missing. */
export const sandboxPaths = {
  /** Relative to the user's home; the folder is 0700, because envd writes files as 0666 minus umask. */
  inputFolder: '.patchbay',
  input: '.patchbay/job.json',
  /** The image's copy of `sandbox-template/`, and its Python. */
  template: '/opt/patchbay/template',
  python: '/opt/patchbay/venv/bin/python3',
  repo: (root: string, jobId: string) => `${root}/${jobId}`,
  output: (root: string, jobId: string) => `${root}/output/${jobId}`,
} as const;

const Patch = z.object({
  /** Attempt that made it. */
  attempt: z.int().positive(),
  /** Absolute path in the sandbox of its diff.patch. */
  path: z.string(),
  /** Absolute path of its reproduction tests (a folder with repro.json), where it left any. */
  repro: z.string().optional(),
});

/** job.json: written by RunAgent, 0600, deleted by the runner as soon as it is read. */
export const RunnerJob = z.object({
  version: z.literal(1),
  mode: z.enum(runnerModes),
  job_id: z.string(),
  /** `<job>.<n>`, `<job>.judge` for the judge's sandbox. */
  attempt_id: z.string(),
  attempt_index: z.int().nonnegative(),
  round: z.int().positive(),
  sandbox_key: z.string(),
  workspace_root: z.string(),
  /** ISO 8601, already scaled: the runner ends by then. */
  deadline_at: z.string(),
  /** Divides the runner's own intervals (beat, checkpoint) and the budgets below. 1 in production. */
  time_scale: z.number().positive(),
  repo: z.object({ clone_url: z.string(), base_sha: z.string().regex(/^[0-9a-f]{40}$/), ref: z.string() }),
  /** Read-only, this repository only; revoked when `repo_cloned` is acknowledged. */
  clone_token: z.string().optional(),
  issue: z.object({
    number: z.int().optional(),
    title: z.string(),
    body: z.string(),
    comments: z.array(z.string()).default([]),
  }),
  /** Absent in verify and judge: no model there, no gateway token. */
  agent: z
    .object({
      kind: z.literal('mini-swe-agent'),
      model: z.string(),
      strategy: z.string(),
      params: z.record(z.string(), z.unknown()).default({}),
    })
    .optional(),
  /** Round 2 and later: what the person asked for, and the patch to start from. */
  feedback: z.object({ text: z.string(), patch: z.string() }).optional(),
  limits: z.object({
    plan_steps: z.int().positive(),
    steps: z.int().positive(),
    cost_usd: z.number().positive(),
    wall_seconds: z.number().positive(),
    cmd_timeout_seconds: z.number().positive(),
  }),
  setup: z.object({ commands: z.array(z.string()).optional(), test_command: z.string().optional() }),
  /** verify: one; judge: all candidates. */
  patches: z.array(Patch).default([]),
  /** Full URL: `…/callbacks/attempts/<attempt_id>`. */
  callback_url: z.string(),
  /** OpenAI-compatible base: `<gateway_url>/v1/chat/completions`. */
  gateway_url: z.string(),
  /** The attempt token: bearer of both. */
  token: z.string(),
});
export type RunnerJob = z.infer<typeof RunnerJob>;

export const runnerStatuses = [
  'succeeded',
  'no_changes',
  'budget_exhausted',
  'timed_out',
  'cancelled',
  'setup_failed',
  'agent_error',
  'infra_error',
] as const;

/** passed, failed: by exit code. inert: no such command. infra_failed: disk full, out of memory. */
export const TestClass = z.enum(['passed', 'failed', 'timed_out', 'inert', 'infra_failed']);
export type TestClass = z.infer<typeof TestClass>;

/** tests.json of a solve, and the `tests` part of evidence.json. */
export const TestReport = z.object({
  command: z.string().nullable(),
  before: TestClass.nullable(),
  after: TestClass.nullable(),
  /** Names that passed before and fail after; the reverse. Per test where the framework tells, else empty. */
  regressions: z.array(z.string()).max(200).default([]),
  fixed: z.array(z.string()).max(200).default([]),
  /** Names that passed before and neither pass nor fail after: deleted, renamed or skipped. */
  removed: z.array(z.string()).max(200).default([]),
  counts: z
    .object({
      before: z.object({ passed: z.int(), failed: z.int() }),
      after: z.object({ passed: z.int(), failed: z.int() }),
    })
    .nullable()
    .default(null),
});
export type TestReport = z.infer<typeof TestReport>;

export const PlanFile = z.object({
  version: z.int().default(1),
  summary: z.string(),
  root_cause: z.string().default(''),
  confidence: z.number().min(0).max(1).default(0),
  files: z
    .array(z.object({ path: z.string(), change: z.enum(['modify', 'add', 'delete']), why: z.string() }))
    .default([]),
  steps: z
    .array(z.object({ id: z.union([z.int(), z.string()]), title: z.string(), detail: z.string().default('') }))
    .default([]),
  tests: z
    .object({ command: z.string().nullable().default(null), new_tests: z.array(z.string()).default([]) })
    .nullable()
    .default(null),
  risks: z.array(z.string()).default([]),
  questions: z.array(z.string()).default([]),
  /** false: the agent's text could not be read as a plan and stands in `summary` as it came. */
  valid: z.boolean().default(true),
});
export type PlanFile = z.infer<typeof PlanFile>;

/** result.json: written last, by rename; its presence means that the runner has finished. */
export const RunnerResult = z.object({
  version: z.literal(1),
  mode: z.enum(runnerModes),
  status: z.enum(runnerStatuses),
  exit_status: z.string(),
  base_sha: z.string(),
  files_changed: z.int(),
  insertions: z.int(),
  deletions: z.int(),
  patch_sha256: z.string().nullable(),
  patch_bytes: z.int(),
  truncated: z.boolean(),
  cost_usd: z.number(),
  calls: z.int(),
  tokens: z.object({ input: z.int(), output: z.int(), cached: z.int() }),
  durations_ms: z.record(z.string(), z.int()),
  notes: z.array(z.string()).default([]),
  error: z.object({ code: z.string(), message: z.string() }).nullable().default(null),
});
export type RunnerResult = z.infer<typeof RunnerResult>;

/** evidence.json of Verify: what a fresh sandbox saw of one patch. Written as it comes: a missing part was not reached. */
export const Evidence = z.object({
  version: z.literal(1),
  attempt: z.int(),
  base_sha: z.string(),
  patch_sha256: z.string(),
  applies: z.boolean(),
  apply_error: z.string().nullable().default(null),
  setup: z
    .object({ ok: z.boolean(), notes: z.array(z.string()) })
    .nullable()
    .default(null),
  tests: TestReport.nullable().default(null),
  /** The attempt's own reproduction tests on base and on the patch. */
  repro: z.array(z.object({ name: z.string(), before: TestClass, after: TestClass })).default([]),
  /** Of the changes.tar written beside it (path, mode, content of every changed file, from git itself). */
  changes: z.object({ files: z.int(), bytes: z.int(), sha256: z.string() }).nullable().default(null),
  complete: z.boolean(),
});
export type Evidence = z.infer<typeof Evidence>;

/** cross.json of Judge: every candidate against every reproduction test that fails on base. */
export const CrossTests = z.object({
  version: z.literal(1),
  tests: z.array(z.object({ by: z.int(), name: z.string(), before: TestClass })),
  results: z.array(z.object({ attempt: z.int(), test: z.string(), by: z.int(), outcome: TestClass })),
  complete: z.boolean(),
});
export type CrossTests = z.infer<typeof CrossTests>;

/** What Collect pulls from `output/<job>/`, by mode; size-capped. */
export const outputFiles = {
  solve: ['diff.patch', 'plan.json', 'logs.txt', 'trajectory.json.gz', 'tests.json', 'result.json', 'repro.tar'],
  verify: ['evidence.json', 'changes.tar', 'logs.txt', 'result.json'],
  judge: ['cross.json', 'logs.txt', 'result.json'],
} as const satisfies Record<RunnerMode, readonly string[]>;
