import type { JobView } from '#core/api/views';

/** The first line of a command that makes a job and follows it, for a program. */
export function acceptedLine({ id, session_id, issue_id }: JobView): string {
  return `${JSON.stringify({ accepted: { job_id: id, session_id, issue_id } })}\n`;
}
