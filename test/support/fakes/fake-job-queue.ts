import type { JobMessage, JobQueue } from '#core/ports/job-queue';

export interface FakeJobQueue extends JobQueue {
  /** In the order of sending; take them out with `splice` to deliver them. */
  sent: JobMessage[];
}

export function fakeJobQueue(): FakeJobQueue {
  const sent: JobMessage[] = [];
  return {
    sent,
    async send(message) {
      sent.push({ ...message });
    },
  };
}
