import { attemptId } from '#core/ids';
import { type Artifact, artifactName } from '#core/job/artifact';
import type { Attempt, Job } from '#core/job/job';
import { type JobCosts, totalUsd } from '#core/job/job-costs';
import { hasAttemptEnded } from '#core/job/lifecycle';
import { attemptPhase, attemptView } from './attempt-view.ts';
import type { JobView } from './views.ts';

/** What a snapshot is made of. `seq` has to be read before the rows: an event after it is then never missed. */
export interface Snapshot {
  seq: number;
  job: Job;
  /** Of all rounds. */
  attempts: Attempt[];
  costs: JobCosts;
  waiting: JobView['waiting'];
}

/** The one place that writes the names older chat clients read. */
export function jobView({ seq, job, attempts, costs, waiting }: Snapshot): JobView {
  const round = attempts.filter((attempt) => attempt.round === job.round);
  const phase = jobPhase(job, round);
  const artifacts = artifactsOf(job, attempts);
  const shown = attempts.find(({ n }) => n === shownAttempt(job, round));
  return {
    id: job.id,
    session_id: job.session_id,
    issue_id: job.issue_id,
    status: job.status,
    phase,
    seq,
    round: job.round,
    repository: job.repository,
    base_sha: job.base_sha ?? null,
    options: job.options,
    waiting,
    attempts: attempts.map(attemptView),
    verdict: job.verdict ?? null,
    artifacts,
    failure: job.failure ?? null,
    review: job.review ?? null,
    cost_usd: totalUsd(costs),
    costs,
    retry_of: job.retry_of ?? null,
    created_at: job.created_at,
    started_at: job.started_at ?? null,
    finished_at: job.finished_at ?? null,
    ...singleValues(job, shown, artifacts),
    progress: progressOf(job, round, phase, waiting),
  };
}

/** Of the job and all attempts; each name once. */
export function artifactsOf(job: Job, attempts: readonly Attempt[]): Artifact[] {
  const all = [...attempts.flatMap(({ artifacts }) => artifacts), ...job.artifacts];
  return [...new Map(all.map((artifact) => [artifact.name, artifact])).values()];
}

/** The one that was approved, the winner, or the only one there is. */
function shownAttempt(job: Job, round: Attempt[]): number | undefined {
  return job.review?.attempt ?? job.verdict?.winner ?? (round.length === 1 ? round[0]?.n : undefined);
}

function singleValues(job: Job, attempt: Attempt | undefined, artifacts: Artifact[]) {
  const url = (file: string): string | null => {
    const name = attempt && artifactName(attempt.round, attempt.n, file);
    return artifacts.some((artifact) => artifact.name === name) ? `/solver/jobs/${job.id}/artifacts/${name}` : null;
  };
  return {
    sandbox_id: attempt?.sandbox_id ?? null,
    agent_run_id: attempt === undefined ? null : attemptId(job.id, attempt.n),
    logs_url: url('logs.txt'),
    diff_snapshot_url: url('diff.patch'),
    error_message: job.failure?.message ?? null,
  };
}

const phases = ['preparing', 'planning', 'solving', 'testing', 'collecting', 'verifying'];

/** Several attempts are in several phases: the job is where the last of those with a sandbox is. */
function jobPhase(job: Job, round: readonly Attempt[]): string | null {
  if (job.status !== 'running') return null;
  if (round.length > 0 && round.every(({ status }) => hasAttemptEnded(status))) return 'judging';
  const provisioned = round.filter(({ status }) => status !== 'waiting').map(attemptPhase);
  const order = (phase: string | null) => phases.indexOf(phase ?? '');
  const [last] = provisioned.filter((phase) => phase !== null).toSorted((a, b) => order(a) - order(b));
  return last ?? 'provisioning';
}

function progressOf(job: Job, round: readonly Attempt[], phase: string | null, waiting: JobView['waiting']) {
  const count = (...statuses: Array<Attempt['status']>) =>
    round.filter(({ status }) => statuses.includes(status)).length;
  const total = round.length > 0 ? round.length : job.options.attempts;
  const completed = count('solved', 'empty');
  const failed = count('failed', 'cancelled');
  return {
    runs_total: total,
    runs_completed: completed,
    runs_failed: failed,
    runs_running: count('running', 'collecting', 'verifying'),
    message: progressMessage(job, { phase, waiting, ended: completed + failed, total }),
  };
}

type Now = { phase: string | null; waiting: JobView['waiting']; ended: number; total: number };

function progressMessage(job: Job, { phase, waiting, ended, total }: Now): string {
  switch (job.status) {
    case 'queued':
      return waiting === null ? 'Queued' : `Waiting for a free sandbox: place ${waiting.position} in the line`;
    case 'running':
      return `${capitalized(phase ?? 'running')}${total > 1 ? `: ${ended} of ${total} attempts ended` : ''}`;
    case 'failed':
      return job.failure === undefined ? 'Failed' : `Failed: ${job.failure.message}`;
    case 'awaiting_review':
      return job.verdict === undefined ? 'Awaiting review' : `Awaiting review: ${job.verdict.reason}`;
    default:
      return capitalized(job.status);
  }
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
