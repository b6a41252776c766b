import { PatchbayError } from '#core/errors';
import { attemptId } from '#core/ids';
import type { Attempt, Job, SandboxRow } from '#core/job/job';
import type { Issue } from '#core/job/session';
import type { World } from '#core/ports/world';
import { verifyWall } from '#core/workflow/limits';
import type { RunnerJob, RunnerMode } from '#core/workflow/runner';
import type { SandboxStep } from '#core/workflow/steps';
import { readArtifact } from './store-artifacts.ts';

/** What a plan may take of an attempt's steps at most. */
const planSteps = { most: 15, share: 0.25 } as const;
const commandSeconds = 300;

interface Parts {
  step: SandboxStep;
  job: Job;
  attempt: Attempt | undefined;
  row: SandboxRow;
  /** Workspace root in the sandbox. */
  root: string;
  /** The attempt token. */
  token: string;
  patches: RunnerJob['patches'];
}

/** job.json for one sandbox. Only a solve names a model: verify and judge run no agent. */
export async function runnerJob(
  world: Pick<World, 'clock' | 'installation' | 'sessions' | 'artifacts'>,
  parts: Parts,
): Promise<RunnerJob> {
  const { step, job, attempt, row, root, token, patches } = parts;
  const { base_sha } = job;
  if (base_sha === undefined || row.deadline_at === undefined) throw new Error(`${job.id} is not pinned to a commit`);
  const issue = await world.sessions.issue(job.tenant, job.session_id, job.issue_id);
  if (issue === undefined) throw new PatchbayError('internal', `issue ${job.issue_id} of ${job.id} is gone`);
  const id = attemptId(job.id, step.mode === 'judge' ? 'judge' : step.attempt);
  return {
    version: 1,
    mode: step.mode,
    job_id: job.id,
    attempt_id: id,
    attempt_index: step.slot,
    round: job.round,
    sandbox_key: row.key,
    workspace_root: root,
    deadline_at: row.deadline_at,
    time_scale: world.clock.timeScale,
    repo: { clone_url: job.repository.url, base_sha, ref: job.repository.ref ?? 'HEAD' },
    issue: issueOf(issue),
    ...(step.mode === 'solve' && attempt !== undefined ? await agentOf(world, job, attempt) : {}),
    limits: limitsOf(job, step.mode),
    setup: setupOf(job),
    patches,
    callback_url: `${world.installation.callbacks_url}/callbacks/attempts/${id}`,
    gateway_url: world.installation.gateway_url,
    token,
  };
}

function issueOf(issue: Issue): RunnerJob['issue'] {
  const { number, title, body } = issue;
  return { ...(number === undefined ? {} : { number }), title, body, comments: [] };
}

async function agentOf(
  world: Pick<World, 'artifacts'>,
  job: Job,
  attempt: Attempt,
): Promise<Pick<RunnerJob, 'agent' | 'feedback'>> {
  const { model, strategy } = attempt;
  const agent = { kind: job.options.agent, model, strategy, params: {} };
  if (job.round === 1 || job.feedback === undefined) return { agent };
  return { agent, feedback: { text: job.feedback, patch: await winningPatch(world, job) } };
}

/** Of the round before: what the person saw and asked to change. */
async function winningPatch(world: Pick<World, 'artifacts'>, job: Job): Promise<string> {
  const { verdict } = job;
  if (verdict?.winner == null) return '';
  const body = await readArtifact(world, job, { round: verdict.round, attempt: verdict.winner }, 'diff.patch');
  return body === undefined ? '' : new TextDecoder().decode(body);
}

function limitsOf(job: Job, mode: RunnerMode): RunnerJob['limits'] {
  const { steps, cost_usd, wall_seconds } = job.options.limits;
  const wall = mode === 'solve' ? wall_seconds : verifyWall(wall_seconds);
  return {
    plan_steps: Math.min(planSteps.most, Math.max(2, Math.floor(steps * planSteps.share))),
    steps,
    cost_usd,
    wall_seconds: wall,
    cmd_timeout_seconds: Math.min(commandSeconds, wall / 4),
  };
}

function setupOf(job: Job): RunnerJob['setup'] {
  const { setup_commands: commands, test_command } = job.options;
  return { ...(commands === undefined ? {} : { commands }), ...(test_command === undefined ? {} : { test_command }) };
}
