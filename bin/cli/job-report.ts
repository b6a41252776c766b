import type { AttemptView, JobView } from '#core/api/views';
import { counted } from '#core/counted';
import { hasJobEnded } from '#core/job/lifecycle';
import { duration, table, usd } from './figures.ts';
import { type IsUnpriced, jobModelCost, lacksPrice, modelCost } from './model-cost.ts';
import { oneLine } from './printable.ts';
import { optionOfField } from './solve-options.ts';

/** A job as it is: its end or where it stands, its attempts, what they cost, what to do next. */
export function jobReport(job: JobView, isUnpriced: IsUnpriced): string {
  return `${[
    `${capitalized(job.status.replace('_', ' '))}${reasonOf(job)}`,
    ...attemptRows(job, isUnpriced),
    `Job ${job.id}: models ${jobModelCost(job, isUnpriced)}, sandboxes ${usd(job.costs.sandboxes_usd)}${ranFor(job)}`,
    ...(job.attempts.some(({ replay }) => replay) ? ['A replay model says recorded turns: nothing was charged.'] : []),
    ...(job.attempts.some(({ model, cost_usd }) => lacksPrice({ model, costUsd: cost_usd }, isUnpriced))
      ? ['A model without a price counts as $0.00; steps and time hold it.']
      : []),
    ...(job.verdict?.notes ?? []).map((note) => `Note: ${oneLine(note, 300)}`),
    ...nextSteps(job),
  ].join('\n')}\n`;
}

function reasonOf({ status, failure, verdict, progress, review }: JobView): string {
  if (failure)
    return ` (${failure.code}): ${oneLine(failure.message, 1_000).replace(/[^.!?]$/, '$&.')} ${typed(failure.remedy)}`;
  if (review) {
    const said = review.comment === null ? [] : [oneLine(review.comment, 500)];
    const what = review.attempt === null ? said : [`attempt ${review.attempt} was approved`, ...said];
    return what.length === 0 ? '' : `: ${what.join(': ')}`;
  }
  if (status === 'awaiting_review' && verdict) return `: ${oneLine(verdict.reason, 500)}`;
  return status === 'queued' || status === 'running' ? `: ${oneLine(progress.message, 300)}` : '';
}

/** The API's remedies name fields of its requests. */
function typed(remedy: string): string {
  return remedy.replace(/\blimits\.\w+/g, (field) => optionOfField(field) ?? field);
}

function attemptRows(job: JobView, isUnpriced: IsUnpriced): string[] {
  const chosen = job.review?.attempt ?? job.verdict?.winner;
  return table(
    job.attempts.map((attempt) => [
      attempt.n === chosen ? '→' : ' ',
      `attempt ${attempt.n}`,
      attempt.failure ? `${attempt.status} (${attempt.failure.code})` : attempt.status,
      attempt.verified ? 'verified' : '',
      attempt.diff
        ? `${counted(attempt.diff.files, 'file')} +${attempt.diff.insertions} -${attempt.diff.deletions}`
        : 'no diff',
      counted(attempt.steps, 'step'),
      modelCost([{ model: attempt.model, costUsd: attempt.cost_usd }], isUnpriced),
      between(attempt.started_at, attempt.finished_at),
      attempt.model,
    ]),
  );
}

function ranFor({ started_at, finished_at }: JobView): string {
  const time = between(started_at, finished_at);
  return time === '' ? '' : `, ${time}`;
}

function between(start: string | null, end: string | null): string {
  if (start === null) return '';
  return duration((end === null ? Date.now() : Date.parse(end)) - Date.parse(start));
}

/** Ends after which the same once more may give what was wanted. */
const mayBetter: readonly JobView['status'][] = ['failed', 'cancelled', 'rejected'];

function nextSteps(job: JobView): string[] {
  const { id, status, verdict, failure } = job;
  const run = 'npm run --silent solve --';
  if (!hasJobEnded(status) && status !== 'awaiting_review') return [`Watch    ${run} watch ${id}`];
  const diff = attemptWith(job, (attempt) => (attempt.diff?.files ?? 0) > 0);
  const log = attemptWith(job, ({ round, n }) => job.artifacts.some(({ name }) => name === `${round}/${n}/logs.txt`));
  return [
    ...(diff === undefined ? [] : [`Diff     ${run} diff ${id}${diff}`]),
    ...(verdict?.winner != null ? [`Apply    ${run} apply ${id} --repo <path>`] : []),
    ...(log === undefined ? [] : [`Log      ${run} logs ${id}${log}`]),
    ...(status === 'awaiting_review' ? [`Approve  ${run} approve ${id}`, `Reject   ${run} reject ${id}`] : []),
    ...(mayBetter.includes(status) && failure?.retryable !== false ? [`Retry    ${run} retry ${id}`] : []),
  ];
}

/**
 * The option that names an attempt which has something: none where the command chooses it by itself, undefined where
 * no attempt has it.
 */
function attemptWith(job: JobView, has: (attempt: AttemptView) => boolean): string | undefined {
  const chosen = job.attempts.length === 1 ? job.attempts[0]?.n : (job.review?.attempt ?? job.verdict?.winner);
  if (chosen != null) return job.attempts.some((attempt) => attempt.n === chosen && has(attempt)) ? '' : undefined;
  const first = job.attempts.find(has);
  return first && ` --attempt ${first.n}`;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
