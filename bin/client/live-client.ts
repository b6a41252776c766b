import { ServerMessage } from '#core/api/socket-messages';
import type { JobEvent } from '#core/job/milestone';
import { type ApiClient, ApiError } from './api-client.ts';

/** How long without a word from the socket before the log is read over HTTP instead; and without a socket at all. */
const syncMs = 25_000;
const pollMs = 2_000;
/** Between tries to open the socket or read the log: doubled each time. */
const retryMs = { first: 1_000, last: 30_000 };
/** Reads of the log that fail in a row before the caller hears of it. */
const mostTries = 6;
/** A socket's other side gets so long to say goodbye. */
const goodbyeMs = 500;

interface Followed {
  /** Undefined: there is none, the log is polled. */
  socketUrl: string | undefined;
  sessionId: string;
  jobId: string;
  signal: AbortSignal;
}

/**
 * Events of one job in the order of `seq`, each once, until the caller stops: pushed by the socket, and read from the log
 * at first and wherever the socket leaves a gap, falls silent or cannot be opened. Ends when `signal` aborts.
 * @throws ApiError, TypeError when the API refuses, or cannot be reached again and again
 */
export async function* followJob(api: ApiClient, options: Followed): AsyncGenerator<JobEvent> {
  const { jobId, signal } = options;
  let last = 0;
  let behind = true;
  const pushed: JobEvent[] = [];
  let wake = () => {};
  const socket = openSocket(api, options, {
    after: () => last,
    event(event) {
      pushed.push(event);
      wake();
    },
    more() {
      behind = true;
      wake();
    },
  });
  signal.addEventListener('abort', () => wake(), { once: true });
  const silence = () =>
    new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(true), socket.isOpen() ? syncMs : pollMs);
      wake = () => {
        clearTimeout(timer);
        resolve(false);
      };
    });
  try {
    while (!signal.aborted) {
      const next = pushed.shift();
      if (next !== undefined && next.seq <= last) continue;
      if (next === undefined && !behind) {
        behind = await silence();
        continue;
      }
      const inOrder = next?.seq === last + 1 && !behind;
      const events = inOrder ? [next] : await readLog(api, jobId, last, signal);
      // A full page may have another after it.
      behind = !inOrder && events.length === pageSize;
      for (const event of events) {
        last = event.seq;
        yield event;
      }
    }
  } finally {
    await socket.close();
  }
}

const pageSize = 100;

/** Tries again while the API is away or says that it may help. */
async function readLog(api: ApiClient, jobId: string, after: number, signal: AbortSignal): Promise<JobEvent[]> {
  for (let tries = 1; ; tries += 1) {
    try {
      const query = { after, limit: pageSize };
      return (await api.call('listEvents', { params: { job_id: jobId }, query })).events;
    } catch (error) {
      if (signal.aborted) return [];
      if (tries >= mostTries || (error instanceof ApiError && !error.body.retryable)) throw error;
      await pause(Math.min(retryMs.last, retryMs.first * 2 ** (tries - 1)), signal);
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => resolve(clearTimeout(timer)), { once: true });
  });
}

interface Listener {
  after(): number;
  event(event: JobEvent): void;
  /** The log has events that the socket did not send. */
  more(): void;
}

/** Keeps one socket open: a fresh one-time ticket for each try, subscribed from where the caller stands. */
function openSocket(api: ApiClient, { socketUrl, sessionId, jobId }: Followed, on: Listener) {
  let current: WebSocket | undefined;
  let closed = socketUrl === undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wait = retryMs.first;
  const open = async () => {
    const { ticket } = await api.call('createTicket', { body: { session_id: sessionId } });
    if (closed) return;
    current = new WebSocket(`${socketUrl}?ticket=${encodeURIComponent(ticket)}`);
    current.addEventListener('open', () => {
      wait = retryMs.first;
      current?.send(JSON.stringify({ action: 'subscribe', job_id: jobId, after: on.after() }));
    });
    current.addEventListener('message', ({ data }) => hear(String(data)));
    current.addEventListener('close', () => again());
  };
  const hear = (text: string) => {
    const { data: message } = ServerMessage.safeParse(JSON.parse(text));
    if (message?.type === 'event' && message.job_id === jobId) on.event(message.data);
    if (message?.type === 'synced' && message.data.more) on.more();
  };
  const again = () => {
    if (closed) return;
    timer = setTimeout(() => void open().catch(again), wait);
    wait = Math.min(retryMs.last, wait * 2);
  };
  if (!closed) open().catch(again);
  return {
    isOpen: () => current?.readyState === WebSocket.OPEN,
    /** Says goodbye first: a process that ends without leaves the other side an error. */
    async close() {
      closed = true;
      clearTimeout(timer);
      if (current === undefined || current.readyState === WebSocket.CLOSED) return;
      const goodbye = new Promise((resolve) => current?.addEventListener('close', resolve, { once: true }));
      current.close();
      await Promise.race([goodbye, new Promise((resolve) => setTimeout(resolve, goodbyeMs).unref())]);
    },
  };
}
