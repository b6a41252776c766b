import * as z from 'zod';
import { JobId, SessionId } from '#core/ids';
import { JobEvent } from '#core/job/milestone';

const after = z.int().nonnegative().describe('The last seq that you have.');

/** Messages a client sends over the socket. */
export const ClientMessage = z.discriminatedUnion('action', [
  z
    .strictObject({ action: z.literal('subscribe'), job_id: JobId.optional(), after: after.optional() })
    .describe(
      'As sync, from 0 unless `after` says else. Nothing has to be subscribed: a socket hears all jobs of its session.',
    ),
  z
    .strictObject({ action: z.literal('sync'), job_id: JobId, after })
    .describe('Answers up to 50 events after `after`, then `synced`.'),
  z.strictObject({ action: z.literal('ping') }).describe('Answers `pong`.'),
  z
    .strictObject({
      action: z.literal('reauth'),
      ticket: z.string().describe('A new one of the same person and session.'),
    })
    .describe('The socket’s right ends with the token that asked for its ticket; this moves the end. Answers `pong`.'),
]);
export type ClientMessage = z.infer<typeof ClientMessage>;

/** Messages the server sends: events of a job's log, and answers. At most 4 KB. */
export const ServerMessage = z.discriminatedUnion('type', [
  z.object({
    v: z.literal(1),
    type: z.literal('event'),
    session_id: SessionId,
    job_id: JobId,
    seq: z.int().describe('That of the event.'),
    at: z.string(),
    data: JobEvent,
  }),
  z.object({
    v: z.literal(1),
    type: z.literal('synced'),
    session_id: SessionId,
    job_id: JobId.optional(),
    seq: z.int().describe('The end of the log.'),
    at: z.string(),
    data: z.object({
      more: z.boolean().describe('Not all of it was sent: sync again from the last event that you have.'),
    }),
  }),
  z.object({ v: z.literal(1), type: z.literal('pong'), session_id: SessionId, at: z.string() }),
  z.object({
    v: z.literal(1),
    type: z.literal('error'),
    session_id: SessionId,
    at: z.string(),
    data: z.object({ code: z.string().describe('One of errors.md.'), message: z.string() }),
  }),
]);
export type ServerMessage = z.infer<typeof ServerMessage>;
