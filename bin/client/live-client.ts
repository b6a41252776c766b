import { ServerMessage } from '#core/api/views';
import type { JobEvent } from '#core/job/milestone';
import type { ApiClient } from './api-client.ts';

/** How long without a word from the socket before the log is read over HTTP instead. */
const syncMs = 25_000;
const retryMs = 1_000;

/**
 * Events of one job in the order of `seq`, each once, until the caller stops: pushed by the socket, and read from the log
 * wherever the socket leaves a gap, falls silent or cannot be opened. Ends when `signal` aborts.
 */
export async function* followJob(
  api: ApiClient,
  options: { socketUrl: string; sessionId: string; jobId: string; signal: AbortSignal },
): AsyncGenerator<JobEvent> {
  let last = 0;
  const pushed: JobEvent[] = [];
  let wake = () => {};
  const socket = openSocket(api, options, {
    after: () => last,
    event: (event) => {
      pushed.push(event);
      wake();
    },
  });
  const pushOrSilence = () =>
    new Promise<'push' | 'silence'>((resolve) => {
      const timer = setTimeout(() => resolve('silence'), syncMs);
      wake = () => {
        clearTimeout(timer);
        resolve('push');
      };
    });
  options.signal.addEventListener('abort', () => wake(), { once: true });
  try {
    while (!options.signal.aborted) {
      const next = pushed.shift();
      if (next === undefined && (await pushOrSilence()) === 'push') continue;
      if (next !== undefined && next.seq <= last) continue;
      const ready =
        next?.seq === last + 1
          ? [next]
          : (await api.call('listEvents', { params: { job_id: options.jobId }, query: { after: last } })).events;
      for (const event of ready) {
        last = event.seq;
        yield event;
      }
    }
  } finally {
    socket.close();
  }
}

/** Keeps one socket open: a fresh one-time ticket for each try, subscribed from where the caller stands. */
function openSocket(
  api: ApiClient,
  at: { socketUrl: string; sessionId: string; jobId: string },
  on: { after(): number; event(event: JobEvent): void },
) {
  let current: WebSocket | undefined;
  let closed = false;
  const open = async () => {
    const { ticket } = await api.call('createTicket', { body: { session_id: at.sessionId } });
    if (closed) return;
    current = new WebSocket(`${at.socketUrl}?ticket=${encodeURIComponent(ticket)}`);
    current.addEventListener('open', () =>
      current?.send(JSON.stringify({ action: 'subscribe', job_id: at.jobId, after: on.after() })),
    );
    current.addEventListener('message', ({ data }) => {
      const message = ServerMessage.safeParse(JSON.parse(String(data)));
      if (message.success && message.data.type === 'event' && message.data.job_id === at.jobId)
        on.event(message.data.data);
    });
    current.addEventListener('close', () => again());
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const again = () => {
    if (!closed) timer = setTimeout(() => void open().catch(again), retryMs);
  };
  open().catch(again);
  return {
    close() {
      closed = true;
      clearTimeout(timer);
      current?.close();
    },
  };
}
