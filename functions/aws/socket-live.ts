import type { ServerMessage } from '#core/api/socket-messages';
import type { JobEvent } from '#core/job/milestone';
import type { Connection, Connections, Live } from '#core/ports/live';
import type { Note } from '#core/ports/world';
import { caps } from '#core/workflow/limits';

/** Pushes at once: a session rarely has more sockets, and one that hangs costs its 2 s only once per round. */
const atOnce = 5;

/** Pushes to every socket of the session, events in order per socket. What goes wrong is noted: the log is the truth. */
export function socketLive({ connections, note }: { connections: Connections; note: Note }): Live {
  async function pushTo({ id }: Connection, messages: ServerMessage[]): Promise<void> {
    try {
      for (const message of messages) {
        if ((await connections.post(id, message)) === 'ok') continue;
        await connections.remove(id);
        return;
      }
    } catch (error) {
      note('push failed', { connection_id: id, error });
    }
  }

  return {
    async push(tenant, sessionId, jobId, events) {
      try {
        const messages = events.map((event) => messageOf(sessionId, jobId, event)).filter(fits);
        if (messages.length === 0) return;
        const waiting = await connections.list(tenant, sessionId);
        const worker = async () => {
          for (let next = waiting.pop(); next; next = waiting.pop()) await pushTo(next, messages);
        };
        await Promise.all(Array.from({ length: atOnce }, worker));
      } catch (error) {
        note('push failed', { session_id: sessionId, job_id: jobId, error });
      }
    },
  };
}

function messageOf(sessionId: string, jobId: string, event: JobEvent): ServerMessage {
  return { v: 1, type: 'event', session_id: sessionId, job_id: jobId, seq: event.seq, at: event.at, data: event };
}

/** One that is too long is left out, not cut: the client sees the gap in `seq` and reads the whole event over HTTP. */
function fits(message: ServerMessage): boolean {
  return Buffer.byteLength(JSON.stringify(message)) <= caps.eventBytes;
}
