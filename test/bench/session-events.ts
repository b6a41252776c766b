import type { JobEvent } from '#core/job/milestone';
import type { ApiClient } from '../../bin/client/api-client.ts';
import { openSocket } from '../support/open-socket.ts';

export interface Seen {
  event: JobEvent;
  jobId: string;
  /** ms since the epoch. */
  receivedAt: number;
}

export interface SessionEvents {
  /** Events pushed so far, as they came. */
  of(jobId: string): Seen[];
  /** The first pushed event of a job that is so. @throws Error when the job ends without, or after `seconds` */
  until(jobId: string, isIt: (event: JobEvent) => boolean, seconds?: number): Promise<Seen>;
  close(): Promise<void>;
}

const deadEnds: readonly unknown[] = ['failed', 'cancelled', 'rejected'];

/** What the socket of a session pushes, with the time of its receipt; nothing is read from the log. */
export async function sessionEvents(api: ApiClient, socketUrl: string, sessionId: string): Promise<SessionEvents> {
  const seen: Seen[] = [];
  const listeners = new Set<() => void>();
  const socket = await openSocket(api, socketUrl, sessionId, (message) => {
    if (message.type !== 'event') return;
    seen.push({ event: message.data, jobId: message.job_id, receivedAt: Date.now() });
    for (const listener of listeners) listener();
  });
  const of = (jobId: string) => seen.filter((one) => one.jobId === jobId);
  return {
    of,
    until(jobId, isIt, seconds = 180) {
      return new Promise((resolve, reject) => {
        const end = (settle: () => void) => {
          clearTimeout(timer);
          listeners.delete(look);
          settle();
        };
        const fail = (why: string) =>
          end(() =>
            reject(
              new Error(
                `${why}: ${of(jobId)
                  .map(({ event }) => JSON.stringify(event))
                  .join('\n')}`,
              ),
            ),
          );
        const look = () => {
          const found = of(jobId).find(({ event }) => isIt(event));
          if (found) return end(() => resolve(found));
          if (of(jobId).some(({ event }) => event.type === 'job_status' && deadEnds.includes(event.data.status)))
            fail(`${jobId} has ended otherwise`);
        };
        const timer = setTimeout(() => fail(`waited ${seconds} s for an event of ${jobId}`), seconds * 1_000);
        listeners.add(look);
        look();
      });
    },
    close: () => socket.close(),
  };
}

/** What an event says of the job's status, if it does. */
export function jobStatus({ type, data }: JobEvent): unknown {
  return type === 'job_status' ? data.status : undefined;
}
