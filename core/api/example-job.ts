import type { JobView } from './views.ts';

/** One story, so that the ids of one example are found in the others. */
export const ids = {
  session: 'sieqh746yng7by3a4rogubbbayn',
  issue: 'idffxktqnck3zx4rcbx5uy3klpo',
  job: 'jpix6ea6qom66zjojyaekctbr6y',
};
export const times = {
  filed: '2026-03-02T09:30:00.000Z',
  began: '2026-03-02T09:30:01.200Z',
  ended: '2026-03-02T09:34:40.000Z',
};
export const repository = { url: 'https://github.com/you/shop', ref: 'main' };
const diff = { files: 2, insertions: 9, deletions: 3 };
export const patch = {
  name: '1/1/diff.patch',
  size: 1_204,
  sha256: '61838a2ba4b20c918085812573ad084ac3eb77ddba8ab6f7a556deee31db5dba',
  content_type: 'text/x-diff; charset=utf-8',
  partial: false,
};

const attempt: JobView['attempts'][number] = {
  n: 1,
  round: 1,
  status: 'solved',
  phase: null,
  model: 'anthropic/claude-sonnet-5-5',
  strategy: 'default',
  replay: false,
  sandbox_id: 'i4dad9437a08b1361daa6',
  steps: 21,
  cost_usd: 0.312,
  diff: { ...diff, tests: { files: 0, lines_removed: 0, paths: [] } },
  verified: true,
  failure: null,
  started_at: times.began,
  finished_at: times.ended,
};

export const judgedJob: JobView = {
  id: ids.job,
  session_id: ids.session,
  issue_id: ids.issue,
  status: 'awaiting_review',
  phase: null,
  seq: 58,
  round: 1,
  repository,
  base_sha: 'db7a09570eaaeb377434bb2c28ff209b678ebd0b',
  options: {
    attempts: 1,
    agent: 'mini-swe-agent',
    test_command: 'npm test',
    limits: { cost_usd: 1.5, steps: 100, wall_seconds: 1_800 },
  },
  waiting: null,
  attempts: [attempt],
  verdict: {
    round: 1,
    winner: 1,
    ranking: [
      {
        attempt: 1,
        gate: null,
        verified: true,
        regressions: 0,
        removed: 0,
        cross: null,
        fixed: 1,
        tests: 'passed',
        cluster: 1,
        files: diff.files,
        lines: 12,
        cost_usd: 0.312,
      },
    ],
    decided_by: 'only_candidate',
    reason: 'Attempt 1 is the only one; its patch applies in a fresh sandbox. The project’s tests pass with it.',
    cross_tests: 'not_needed',
    notes: [],
  },
  artifacts: [patch],
  failure: null,
  review: null,
  cost_usd: 0.3249,
  costs: { models_usd: 0.312, sandboxes_usd: 0.0129, sandbox_seconds: 279 },
  retry_of: null,
  created_at: times.filed,
  started_at: times.began,
  finished_at: times.ended,
  sandbox_id: 'i4dad9437a08b1361daa6',
  agent_run_id: `${ids.job}.1`,
  logs_url: null,
  diff_snapshot_url: `/solver/jobs/${ids.job}/artifacts/1/1/diff.patch`,
  error_message: null,
  progress: {
    runs_total: 1,
    runs_completed: 1,
    runs_failed: 0,
    runs_running: 0,
    message:
      'Awaiting review: Attempt 1 is the only one; its patch applies in a fresh sandbox. The project’s tests pass with it.',
  },
};

/** As it is accepted: what comes later is not there yet. */
export const queuedJob: JobView = {
  ...judgedJob,
  status: 'queued',
  seq: 1,
  base_sha: null,
  attempts: [],
  verdict: null,
  artifacts: [],
  cost_usd: 0,
  costs: { models_usd: 0, sandboxes_usd: 0, sandbox_seconds: 0 },
  started_at: null,
  finished_at: null,
  sandbox_id: null,
  agent_run_id: null,
  diff_snapshot_url: null,
  progress: { runs_total: 1, runs_completed: 0, runs_failed: 0, runs_running: 0, message: 'Queued' },
};

/** While its attempt is told to stop. */
export const cancellingJob: JobView = {
  ...queuedJob,
  status: 'cancelling',
  seq: 12,
  base_sha: judgedJob.base_sha,
  attempts: [
    {
      ...attempt,
      status: 'running',
      phase: 'solving',
      steps: 4,
      cost_usd: 0.04,
      diff: null,
      verified: false,
      finished_at: null,
    },
  ],
  cost_usd: 0.04,
  costs: { models_usd: 0.04, sandboxes_usd: 0, sandbox_seconds: 0 },
  started_at: times.began,
  sandbox_id: judgedJob.sandbox_id,
  agent_run_id: judgedJob.agent_run_id,
  progress: { runs_total: 1, runs_completed: 0, runs_failed: 0, runs_running: 1, message: 'Cancelling' },
};
