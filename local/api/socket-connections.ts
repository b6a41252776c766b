import type { WebSocket } from 'ws';

import type { Count } from '#local/parts';

/** What `@connections` does; the SDK listener calls it. */
export interface Connections {
  /** `gone` (410) for an id that is closed, unknown, or still inside `$connect`. */
  post(connectionId: string, data: Uint8Array): 'ok' | 'gone';
  get(connectionId: string): ConnectionView | undefined;
  /** Closes the connection; nothing happens if it is gone. */
  delete(connectionId: string): void;
}

/** The answer of GetConnection. */
export interface ConnectionView {
  connectedAt: string;
  lastActiveAt: string;
  identity: { sourceIp: string; userAgent: string };
}

interface Entry {
  socket: WebSocket;
  view: ConnectionView;
  by: string;
  idle: NodeJS.Timeout;
  life: NodeJS.Timeout;
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html */
const IDLE_MS = 600_000;
const LIFE_MS = 7_200_000;
/** Messages are billed in steps of this size. */
const METERED_BYTES = 32 * 1024;

/** The sockets that are open, of all WebSocket APIs. */
export class OpenConnections implements Connections {
  readonly #entries = new Map<string, Entry>();
  readonly #count: Count;
  readonly #timeScale: number;

  constructor(count: Count, timeScale: number) {
    this.#count = count;
    this.#timeScale = timeScale;
  }

  /** @param by the API, for the bill */
  add(connectionId: string, socket: WebSocket, identity: ConnectionView['identity'], by: string): void {
    const now = new Date();
    const end = () => socket.close(1001, 'Going away');
    const idle = setTimeout(end, IDLE_MS / this.#timeScale);
    const life = setTimeout(end, LIFE_MS / this.#timeScale);
    for (const timer of [idle, life]) timer.unref();
    const view = { connectedAt: now.toISOString(), lastActiveAt: now.toISOString(), identity };
    this.#entries.set(connectionId, { socket, view, by, idle, life });
    socket.once('close', () => {
      this.#entries.delete(connectionId);
      clearTimeout(idle);
      clearTimeout(life);
      const minutes = Math.ceil((Date.now() - now.getTime()) / 60_000);
      this.#count({ item: 'apigateway:ConnectionMinute', units: Math.max(1, minutes), by });
    });
  }

  /** A message has passed, in either direction. */
  touch(connectionId: string, bytes: number): void {
    const entry = this.#entries.get(connectionId);
    if (!entry) return;
    entry.view.lastActiveAt = new Date().toISOString();
    entry.idle.refresh();
    this.#count({ item: 'apigateway:Message', units: Math.max(1, Math.ceil(bytes / METERED_BYTES)), by: entry.by });
  }

  post(connectionId: string, data: Uint8Array): 'ok' | 'gone' {
    const entry = this.#entries.get(connectionId);
    if (entry?.socket.readyState !== 1) return 'gone';
    this.touch(connectionId, data.length);
    entry.socket.send(data, { binary: false });
    return 'ok';
  }

  get(connectionId: string): ConnectionView | undefined {
    return this.#entries.get(connectionId)?.view;
  }

  delete(connectionId: string): void {
    this.#entries.get(connectionId)?.socket.close(1000, 'Connection Closed Normally');
  }

  /** The stack ends, and the sockets with it: their `$disconnect` has nobody left to run it. */
  closeAll(): void {
    for (const { socket } of this.#entries.values()) {
      socket.removeAllListeners('close');
      socket.terminate();
    }
    this.#entries.clear();
  }
}
