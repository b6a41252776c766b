import type { JobEvent } from '#core/job/milestone';
import type { ServerMessage } from './socket-messages.ts';

/** An event as the socket carries it; pushed when it happens, and again for a client that asks from its last seq. */
export function eventMessage(sessionId: string, jobId: string, event: JobEvent): ServerMessage {
  return { v: 1, type: 'event', session_id: sessionId, job_id: jobId, seq: event.seq, at: event.at, data: event };
}
