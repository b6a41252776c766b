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
  /** The job that a `/solve` in the text started. */
  job_id: JobId.optional(),
  created_at: z.string(),
});
export type Message = z.infer<typeof Message>;

export const Issue = z.object({
  id: IssueId,
  tenant: z.string(),
  session_id: SessionId,
  title: z.string().min(1).max(caps.issueTitle),
  body: z.string().max(caps.issueBody),
  number: z.int().positive().optional(),
  url: z.string().optional(),
  repository: Repository,
  /** Moves on by a conditional write after each new job: what an unkeyed solve is derived from. */
  last_job: JobId.optional(),
  /** Summary of the newest diff that was approved or awaits review. */
  diff: z
    .object({ job_id: JobId, files: z.int(), insertions: z.int(), deletions: z.int(), summary: z.string() })
    .optional(),
  created_at: z.string(),
});
export type Issue = z.infer<typeof Issue>;
