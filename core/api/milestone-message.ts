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

/** What a milestone says instead where its event tells how it went. */
const outcomes: Partial<Record<EventType, (data: JobEvent['data']) => string | undefined>> = {
  deps_installed: ({ ok }) => (ok === false ? 'the set-up failed' : undefined),
  baseline_tested: (data) => tested('tests of the project', data.class, data),
  tests_finished: ({ after, counts }) => tested('tests on the change', after, (counts as Counts | null)?.after),
};

interface Counts {
  after?: Record<string, unknown>;
}

/** `how`: null where no tests were run; undefined where nothing is said about it. */
function tested(what: string, how: unknown, { passed, failed }: Record<string, unknown> = {}): string | undefined {
  if (how === undefined) return undefined;
  if (how === null) return `${what}: not run`;
  // Of a run that did not get to its end the numbers would say less.
  const ended = (how === 'passed' || how === 'failed') && typeof passed === 'number' && typeof failed === 'number';
  return `${what}: ${ended ? `${passed} passed, ${failed} failed` : text(how).replaceAll('_', ' ')}`;
}

/** One line, without what an agent wrote: its words are data of the event, shown as such by the client. */
export function milestoneText({ type, src, data }: JobEvent): string {
  if (type === 'job_status') return withReason(statuses[text(data.status)] ?? text(data.status), data);
  const known = outcomes[type]?.(data) ?? texts[type];
  const what = type === 'attempt_status' ? text(data.status) : (known ?? type.replaceAll('_', ' '));
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
