import { type EventType, isMilestone } from '#core/job/milestone';

/** By type: what has happened, and what its data says beside `attempt` and `round`. */
const events: Record<EventType, [what: string, data: string]> = {
  job_status: ['The job has another status.', '`status`; `reason`, `failure`, `winner` or `review` where there is one'],
  waiting: ['No sandbox is free; the job waits in its tenant’s line.', '`position`, `since`'],
  attempt_status: [
    'An attempt has another status.',
    '`status`; at its start `model` and `strategy`, then `sandbox_id`; at its end `verified`, `reason` or `failure`',
  ],
  sandbox_ready: ['The runner has begun.', '`mode` (solve, verify, judge), `python`, `system`'],
  repo_cloned: ['The repository is there, at the pinned commit.', '`base_sha`, `ref`, `how`, `duration_ms`'],
  deps_installed: ['The set-up has run; a failed one is no end.', '`ok`, `source`, `commands?`, `notes`'],
  baseline_tested: [
    'The tests were run without a change.',
    '`command`, `class` (passed, failed, timed_out, inert, infra_failed; null: there are none), `passed?`, `failed?`, `duration_ms?`',
  ],
  plan_started: ['The agent looks for a plan.', '`model`, `strategy`, `steps`: how many it may take for it'],
  plan_ready: [
    'There is a plan; the whole one is the artifact `plan.json`.',
    '`valid` (false: the agent left none that could be read), `summary`, `root_cause`, `confidence`, `files [{path, change}]`, `steps [{id, title}]`',
  ],
  execute_started: ['The agent carries it out.', '`steps_left`, `cost_left_usd`'],
  step: [
    'The agent has run a command. At most one a second: of several, the last, so `n` may leap. All are in the log of the attempt.',
    '`n`, `phase` (plan, execute), `thought`, `command`, `exit_code`, `output_tail`, `duration_ms`, `plan_step?`',
  ],
  execute_finished: ['The agent has ended.', '`exit_status`, `steps`, `calls`, `cost_usd`'],
  tests_finished: [
    'The tests were run on the change, in the same sandbox.',
    '`command`, `before`, `after` (classes as above), `counts`; names in `regressions`, `fixed`, `removed`, at most 20 each',
  ],
  diff_ready: [
    'The sandbox has a diff; it is no result before it was collected.',
    '`files_changed`, `insertions`, `deletions`, `patch_bytes`, `patch_sha256`, `truncated`',
  ],
  patch_applied: ['A fresh sandbox has applied the diff, or could not.', '`applies`, `error`'],
  verified: [
    'A fresh sandbox has done what it was to do.',
    '`applies`, `complete`, `before`, `after`; names in `regressions`, `fixed`, `removed`, at most 10 each; `repro [{name, before, after}]`',
  ],
  cross_tested: [
    'The reproduction tests of each attempt were run on the others.',
    '`tests`: how many of them fail without a change; `passed`: how many of these by attempt; `complete`',
  ],
  verdict: ['The attempts are ranked; the job has the whole verdict.', '`winner`, `decided_by`, `reason`'],
  done: [
    'A runner has ended; `src` says whose. It is a claim of the sandbox: `attempt_status` is what counts.',
    '`status`, `exit_status`, `error`, `files_changed`, `insertions`, `deletions`, `patch_sha256`',
  ],
  note: ['Something worth knowing.', '`text`'],
  blocked: [
    'Something was refused.',
    '`kind` (egress_denied, dependency_unreachable, auth_failure, patch_withheld), `reason`',
  ],
  error: ['A runner has failed.', '`code`, `message`, `reason`'],
  cancelled: ['A runner was told to stop.', '`by`'],
};

/** The events of a job's log as one Markdown page, in the order in which a healthy solve has them. */
export function eventTable(): string {
  const named = Object.keys(events) as EventType[];
  return [
    '# Events',
    '',
    'Made by `npm run api:docs` from `core/api/event-table.ts`: the `type` of each event in a job’s log, and its `data`.',
    '',
    '`data` of what concerns an attempt has its `attempt` and `round` too. Types and fields may be added; ignore those you do not know. Texts',
    'of an event over 4 KB are cut, and `cut` is true. What agents and sandboxes wrote is untrusted: show it as text.',
    '',
    'Those marked ✓ are milestones: `GET /sessions/{id}` shows them among its messages.',
    '',
    '| type | | what has happened | `data` |',
    '|---|---|---|---|',
    ...named.map((type) => `| \`${type}\` | ${isMilestone(type) ? '✓' : ''} | ${events[type].join(' | ')} |`),
    '',
  ].join('\n');
}
