import { counted } from '#core/counted';
import type { Job } from '#core/job/job';
import type { World } from '#core/ports/world';
import { PlanFile } from '#core/workflow/runner';
import { parsedJson } from './sandbox-output.ts';
import { readArtifact } from './store-artifacts.ts';

export type NoteDiffPorts = Pick<World, 'attempts' | 'artifacts' | 'sessions'>;

/**
 * Puts the summary of a job's diff on its issue: of the attempt that was approved; until somebody decides, of the
 * winner. A job without either takes back what it had put there; the summary of another job stays. Idempotent.
 */
export async function noteDiffOnIssue(world: NoteDiffPorts, job: Job): Promise<void> {
  const n = shownAttempt(job);
  const attempt = n === null ? undefined : await world.attempts.get(job.tenant, job.id, n);
  if (attempt?.diff === undefined) {
    return await world.sessions.clearIssueDiff(job.tenant, job.session_id, job.issue_id, job.id);
  }
  const { files, insertions, deletions } = attempt.diff;
  const place = { round: attempt.round, attempt: attempt.n };
  const plan = parsedJson(PlanFile, await readArtifact(world, job, place, 'plan.json'));
  const size = `${counted(files, 'file')} changed, ${counted(insertions, 'line')} added, ${deletions} removed`;
  const summary = (plan?.summary || size).slice(0, 500);
  const diff = { job_id: job.id, files, insertions, deletions, summary };
  await world.sessions.setIssueDiff(job.tenant, job.session_id, job.issue_id, diff);
}

function shownAttempt({ status, review, verdict }: Job): number | null {
  if (status === 'awaiting_review') return verdict?.winner ?? null;
  return status === 'completed' ? (review?.attempt ?? null) : null;
}
