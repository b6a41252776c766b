import type { Job } from '#core/job/job';
import type { EventType, JobEvent } from '#core/job/milestone';
import type { MessageView } from './views.ts';

/** A milestone as a line of the chat. Its id is stable, so the history and the socket show it once. */
export function milestoneMessage(job: Pick<Job, 'id' | 'session_id'>, event: JobEvent): MessageView {
  return {
    id: `${job.id}:${event.seq}`,
    session_id: job.session_id,
    role: 'milestone',
    text: milestoneText(event),
    job_id: job.id,
    created_at: event.at,
    seq: event.seq,
    type: event.type,
  };
}

/** Statuses as the chat says them. */
const statuses: Record<string, string> = {
  queued: 'Queued',
  running: 'Running',
  awaiting_review: 'Awaiting review',
  publishing: 'Publishing',
  cancelling: 'Cancelling',
  completed: 'Completed',
  rejected: 'Rejected',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

const texts: Partial<Record<EventType, string>> = {
  repo_cloned: 'repository cloned',
  deps_installed: 'dependencies installed',
  baseline_tested: 'tests of the project run',
  plan_ready: 'plan ready',
  tests_finished: 'tests run on the change',
  diff_ready: 'diff ready',
  patch_applied: 'patch applied in a fresh sandbox',
  verified: 'verified',
  cross_tested: 'reproduction tests run across attempts',
  waiting: 'waiting for a free sandbox',
  verdict: 'verdict reached',
  blocked: 'blocked',
  error: 'error',
  cancelled: 'cancelled',
};

/** One line, without what an agent wrote: its words are data of the event, shown as such by the client. */
export function milestoneText({ type, src, data }: JobEvent): string {
  if (type === 'job_status') return withReason(statuses[text(data.status)] ?? text(data.status), data);
  const what = type === 'attempt_status' ? text(data.status) : (texts[type] ?? type.replaceAll('_', ' '));
  return withReason(capitalized(`${whose(src)}${what}`), data);
}

/** Solving and verifying are two sandboxes that say the same things: the line says which. */
function whose(src: string): string {
  const [, part, attempt] = /^(attempt|solve|verify)-(\d+)/.exec(src) ?? [];
  if (part === undefined) return '';
  return part === 'verify' ? `verification of attempt ${attempt}: ` : `attempt ${attempt}: `;
}

/** The sentence of a failure or decision, where the event carries one. */
function withReason(line: string, data: JobEvent['data']): string {
  const { failure, reason } = data as { failure?: { message?: unknown }; reason?: unknown };
  const why = text(failure?.message ?? reason).slice(0, 300);
  return why === '' ? line : `${line}: ${why}`;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function capitalized(line: string): string {
  return line.charAt(0).toUpperCase() + line.slice(1);
}
