import * as z from 'zod';
import { caps } from '#core/workflow/limits';
import { IssueId, JobId, SessionId } from '../ids.ts';
import { Repository } from './options.ts';

export const Session = z.object({
  id: SessionId,
  tenant: z.string(),
  user: z.string(),
  title: z.string(),
  created_at: z.string(),
});
export type Session = z.infer<typeof Session>;

/** A line of the chat. Milestones are not stored here: they are read from the job's log. */
export const Message = z.object({
  id: z.string(),
  session_id: SessionId,
  role: z.enum(['user', 'system']),
  text: z.string().max(16_000),
  job_id: JobId.optional().describe('The job that a `/solve` in the text started, or whose milestone it is.'),
  created_at: z.string(),
});
export type Message = z.infer<typeof Message>;

export const Issue = z.object({
  id: IssueId,
  tenant: z.string(),
  session_id: SessionId,
  title: z.string().min(1).max(caps.issueTitle),
  body: z.string().max(caps.issueBody),
  number: z.int().positive().optional().describe('At its code host: `/solve #12` names it.'),
  url: z.string().optional().describe('Where people read it.'),
  repository: Repository,
  // Moves on by a conditional write after each new job: what an unkeyed solve is derived from.
  last_job: JobId.optional().describe('Its newest job.'),
  diff: z
    .object({
      job_id: JobId.describe('Whose diff it is.'),
      files: z.int().describe('Files that it changes.'),
      insertions: z.int().describe('Lines added.'),
      deletions: z.int().describe('Lines removed.'),
      summary: z.string().describe('A sentence for people.'),
    })
    .optional()
    .describe('The newest diff that was approved or awaits review.'),
  created_at: z.string(),
});
export type Issue = z.infer<typeof Issue>;
