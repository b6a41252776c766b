import { eventMessage } from '#core/api/server-message';
import { ClientMessage, type ServerMessage } from '#core/api/socket-messages';
import { PatchbayError } from '#core/errors';
import type { Connection } from '#core/ports/live';
import type { World } from '#core/ports/world';
import { acceptConnection } from './accept-connection.ts';
import { ownJob } from './ownership.ts';

type Ports = Pick<World, 'connections' | 'tickets' | 'jobs' | 'log' | 'clock' | 'note'>;

/** Events in one answer: the client asks on from the last one while `more` is true. */
const eventsAtOnce = 50;

/**
 * What a client says over its socket; answers go out through it.
 *
 * subscribe, sync: the job's events after `after`, then `synced` with the log's tail. ping: pong. reauth: a fresh ticket
 * of the same user and session moves the end of the socket's right. A socket without a row, or whose right has ended, is
 * closed: the client comes back with a new ticket.
 */
export async function handleClientMessage(world: Ports, id: string, text: string): Promise<void> {
  const connection = await world.connections.get(id);
  if (connection === undefined) return await world.connections.close(id);
  const { message, problem: wrong } = readMessage(text);
  const expired = Date.parse(connection.auth_exp) <= world.clock.now();
  if (expired && message?.action !== 'reauth') {
    await send(world, connection, [
      problem(world, connection, 'unauthorized', 'The sign-in behind this socket has ended.'),
    ]);
    return await close(world, id);
  }
  try {
    if (message === undefined) {
      throw new PatchbayError('invalid_request', `This is not a message of this socket: ${wrong}.`);
    }
    await send(world, connection, await answers(world, connection, message));
  } catch (error) {
    if (!(error instanceof PatchbayError)) throw error;
    await send(world, connection, [problem(world, connection, error.code, error.message)]);
  }
}

/** The first problem names its field, never what was sent. */
function readMessage(text: string): { message?: ClientMessage; problem?: string } {
  let sent: unknown;
  try {
    sent = JSON.parse(text);
  } catch {
    return { problem: 'it is not JSON' };
  }
  const { data, error } = ClientMessage.safeParse(sent);
  if (data !== undefined) return { message: data };
  const issue = error.issues[0];
  if (issue?.code === 'unrecognized_keys') return { problem: 'it has an unknown field' };
  return { problem: `${issue?.path.join('.') || 'it'}: ${issue?.message}` };
}

async function answers(world: Ports, connection: Connection, message: ClientMessage): Promise<ServerMessage[]> {
  switch (message.action) {
    case 'ping':
      return [pong(world, connection)];
    case 'reauth':
      return await renewed(world, connection, message.ticket);
    case 'subscribe':
      if (message.job_id === undefined) return [synced(world, connection, { seq: 0, more: false })];
      return await eventsSince(world, connection, message.job_id, message.after ?? 0);
    case 'sync':
      return await eventsSince(world, connection, message.job_id, message.after);
  }
}

/** @throws PatchbayError not_found for a job of another session */
async function eventsSince(
  world: Ports,
  connection: Connection,
  jobId: string,
  after: number,
): Promise<ServerMessage[]> {
  const job = await ownJob(world, connection, jobId);
  if (job.session_id !== connection.session_id) throw new PatchbayError('not_found', `There is no job ${jobId}.`);
  const tail = await world.log.tail(job.tenant, job.id);
  const events = await world.log.read(job.tenant, job.id, after, eventsAtOnce);
  const seq = Math.max(tail.seq, events.at(-1)?.seq ?? 0);
  const more = (events.at(-1)?.seq ?? after) < tail.seq;
  const sent = events.map((event) => eventMessage(job.session_id, job.id, event));
  return [...sent, synced(world, connection, { job_id: job.id, seq, more })];
}

/** @throws PatchbayError unauthorized: the socket stays as it was */
async function renewed(world: Ports, connection: Connection, ticket: string): Promise<ServerMessage[]> {
  const granted = await acceptConnection(world, ticket);
  const same =
    granted?.tenant === connection.tenant &&
    granted.user === connection.user &&
    granted.session_id === connection.session_id;
  if (!same) throw new PatchbayError('unauthorized', 'The ticket is not one for this socket.');
  await world.connections.put({ ...connection, auth_exp: granted.auth_exp });
  return [pong(world, connection)];
}

async function send(world: Ports, { id }: Connection, messages: ServerMessage[]): Promise<void> {
  for (const message of messages) {
    if ((await world.connections.post(id, message)) === 'ok') continue;
    return await world.connections.remove(id);
  }
}

async function close(world: Ports, id: string): Promise<void> {
  await world.connections.remove(id);
  await world.connections.close(id);
}

function head(world: Ports, connection: Connection) {
  return { v: 1, session_id: connection.session_id, at: world.clock.at() } as const;
}

function pong(world: Ports, connection: Connection): ServerMessage {
  return { ...head(world, connection), type: 'pong' };
}

function problem(world: Ports, connection: Connection, code: string, message: string): ServerMessage {
  return { ...head(world, connection), type: 'error', data: { code, message } };
}

function synced(
  world: Ports,
  connection: Connection,
  { more, ...at }: { job_id?: string; seq: number; more: boolean },
): ServerMessage {
  return { ...head(world, connection), type: 'synced', ...at, data: { more } };
}
