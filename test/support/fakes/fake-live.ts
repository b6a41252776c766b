import type { JobEvent } from '#core/job/milestone';
import type { Live } from '#core/ports/live';
import { clone } from './clone.ts';

export interface FakeLive extends Live {
  pushed: Array<{ tenant: string; sessionId: string; jobId: string; event: JobEvent }>;
}

export function fakeLive(): FakeLive {
  const pushed: FakeLive['pushed'] = [];
  return {
    pushed,
    async push(tenant, sessionId, jobId, events) {
      for (const event of events) pushed.push({ tenant, sessionId, jobId, event: clone(event) });
    },
  };
}
