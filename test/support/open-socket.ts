import { ServerMessage } from '#core/api/socket-messages';
import type { ApiClient } from '../../bin/client/api-client.ts';

export interface OpenSocket {
  received: ServerMessage[];
  send(message: unknown): void;
  /** Settles when the other side, or this one, has closed it. */
  closed: Promise<void>;
  close(): Promise<void>;
}

/** A socket of a session, opened by a one-time ticket; `heard` gets each message as it comes. @throws Error when it is refused */
export async function openSocket(
  api: ApiClient,
  socketUrl: string,
  sessionId: string,
  heard?: (message: ServerMessage) => void,
): Promise<OpenSocket> {
  const { ticket } = await api.call('createTicket', { body: { session_id: sessionId } });
  return await openWithTicket(socketUrl, ticket, heard);
}

/** @throws Error when it is refused */
export async function openWithTicket(
  socketUrl: string,
  ticket: string,
  heard: (message: ServerMessage) => void = () => {},
): Promise<OpenSocket> {
  const socket = new WebSocket(`${socketUrl}?ticket=${encodeURIComponent(ticket)}`);
  const received: ServerMessage[] = [];
  const closed = new Promise<void>((resolve) => socket.addEventListener('close', () => resolve()));
  socket.addEventListener('message', ({ data }) => {
    const message = ServerMessage.parse(JSON.parse(String(data)));
    received.push(message);
    heard(message);
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error('the socket was refused')));
  });
  return {
    received,
    closed,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    close() {
      socket.close();
      return closed;
    },
  };
}
