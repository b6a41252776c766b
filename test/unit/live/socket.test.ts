import '../../support/quiet-logs.ts';

import type { APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { beforeEach, describe, expect, it } from 'vitest';
import { ServerMessage } from '#core/api/socket-messages';
import { sha256Hex } from '#core/ids';
import { acceptConnection } from '#core/use-cases/accept-connection';
import { dropConnection } from '#core/use-cases/drop-connection';
import { handleClientMessage } from '#core/use-cases/handle-client-message';
import { authorizerEntry, socketEntry } from '#functions/runtime/socket-entry';
import { aContext, anApi } from '../../support/an-api.ts';
import { aConnection, aJob, aNewEvent, anId, aSession, aTicket } from '../../support/builders.ts';
import { type FakeWorld, fakeWorld } from '../../support/fake-world.ts';

let world: FakeWorld;
const connection = aConnection();

beforeEach(async () => {
  world = fakeWorld();
  await world.sessions.create(aSession());
});

async function say(message: unknown): Promise<ServerMessage[]> {
  const before = world.connections.posted.length;
  await handleClientMessage(world, connection.id, typeof message === 'string' ? message : JSON.stringify(message));
  return world.connections.posted.slice(before).map(({ message }) => ServerMessage.parse(message));
}

const authorize = (ticket?: string) =>
  authorizerEntry(acceptConnection, () => world)(
    {
      methodArn: 'arn:socket/$connect',
      ...(ticket !== undefined && { queryStringParameters: { ticket } }),
    } as unknown as APIGatewayRequestAuthorizerEvent,
    aContext(),
  );

describe('a ticket', () => {
  it('opens one socket, once, with the right of the token that asked for it', async () => {
    const { body } = await anApi(world)('createTicket', { body: { session_id: anId('s') } });

    const first = await authorize(body.ticket);
    const second = await authorize(body.ticket);

    expect(first).toMatchObject({
      principalId: 'ada',
      policyDocument: { Statement: [{ Effect: 'Allow', Resource: 'arn:socket/$connect' }] },
      context: { tenant: 'acme', user: 'ada', session_id: anId('s'), auth_exp: '2026-01-05T10:00:00.000Z' },
    });
    expect(second.policyDocument.Statement[0]).toMatchObject({ Effect: 'Deny' });
    expect(second).not.toHaveProperty('context');
  });

  it('is good for 30 s, and never beyond its sign-in', async () => {
    await world.tickets.put(aTicket({ sha256: await sha256Hex('late') }));
    await world.tickets.put(aTicket({ sha256: await sha256Hex('ended'), auth_exp: '2026-01-05T09:00:00.000Z' }));

    expect((await authorize('ended')).policyDocument.Statement[0]).toMatchObject({ Effect: 'Deny' });
    world.clock.advance(30_000);
    expect((await authorize('late')).policyDocument.Statement[0]).toMatchObject({ Effect: 'Deny' });
    expect((await authorize()).policyDocument.Statement[0]).toMatchObject({ Effect: 'Deny' });
  });

  it('is not given for a session of somebody else', async () => {
    const { status } = await anApi(world)('createTicket', { body: { session_id: anId('s') }, claims: { sub: 'bob' } });

    expect(status).toBe(404);
  });
});

describe('a socket', () => {
  const socket = socketEntry(
    {
      connect: (ports: FakeWorld, id, grant) => ports.connections.put({ id, ...grant }),
      message: handleClientMessage,
      disconnect: dropConnection,
    },
    () => world,
  );
  const send = (routeKey: string, more: object = {}) =>
    socket(
      { requestContext: { routeKey, connectionId: 'c1', ...more } } as unknown as Parameters<typeof socket>[0],
      aContext(),
    );

  it('is known from its connect to its end', async () => {
    const grant = { tenant: 'acme', user: 'ada', session_id: anId('s'), auth_exp: '2026-01-05T10:00:00.000Z' };

    await send('$connect', { authorizer: { ...grant, principalId: 'ada', integrationLatency: 3 } });
    expect(await world.connections.list('acme', anId('s'))).toEqual([{ id: 'c1', ...grant }]);

    expect(await send('$disconnect')).toEqual({ statusCode: 200 });
    expect(await world.connections.get('c1')).toBeUndefined();
  });

  it('without its authorizer’s context is refused', async () => {
    await expect(send('$connect', { authorizer: {} })).rejects.toThrow('authorizer’s context');
  });
});

describe('a client that', () => {
  beforeEach(() => world.connections.put(connection));

  it('pings gets a pong', async () => {
    expect(await say({ action: 'ping' })).toMatchObject([{ type: 'pong', session_id: anId('s') }]);
  });

  it('subscribes gets what it missed, then the tail', async () => {
    world.jobs.seed(aJob());
    await world.log.append(
      'acme',
      anId('j'),
      [1, 2, 3].map((src_seq) => aNewEvent({ src_seq })),
    );

    const heard = await say({ action: 'subscribe', job_id: anId('j'), after: 1 });

    expect(heard).toMatchObject([
      { type: 'event', seq: 2, data: { seq: 2 } },
      { type: 'event', seq: 3 },
      { type: 'synced', job_id: anId('j'), seq: 3, data: { more: false } },
    ]);
  });

  it('syncs from far behind gets it in parts, and is told that there is more', async () => {
    world.jobs.seed(aJob());
    const events = Array.from({ length: 60 }, (_, n) => aNewEvent({ src_seq: n + 1 }));
    await world.log.append('acme', anId('j'), events);

    const first = await say({ action: 'sync', job_id: anId('j'), after: 0 });
    const second = await say({ action: 'sync', job_id: anId('j'), after: 50 });

    expect(first).toHaveLength(51);
    expect(first.at(-1)).toMatchObject({ type: 'synced', seq: 60, data: { more: true } });
    expect(second.at(-1)).toMatchObject({ type: 'synced', seq: 60, data: { more: false } });
  });

  it('asks for a job of another session hears that there is none', async () => {
    world.jobs.seed(aJob({ session_id: anId('s', 2) }));
    world.jobs.seed(aJob({ id: anId('j', 2), user: 'bob' }));

    for (const job_id of [anId('j'), anId('j', 2), anId('j', 3)]) {
      const heard = await say({ action: 'sync', job_id, after: 0 });
      expect(heard).toMatchObject([{ type: 'error', data: { code: 'not_found' } }]);
    }
  });

  it.each([
    ['', 'not JSON'],
    ['{', 'not JSON'],
    ['null', 'expected object'],
    ['{"action":"dance"}', "action: Invalid discriminator value. Expected 'subscribe'"],
    [`{"action":"sync","after":0,"job_id":"${anId('s')}"}`, 'job_id: an id that starts with "j"'],
    [`{"action":"sync","job_id":"${anId('j')}"}`, 'after: '],
    ['{"action":"ping","<script>":1}', 'it has an unknown field.'],
  ])('says %j hears what is wrong', async (text, problem) => {
    const data = { code: 'invalid_request', message: expect.stringContaining(problem) };
    expect(await say(text)).toMatchObject([{ type: 'error', data }]);
  });

  it('outlives its sign-in is told and closed; a fresh ticket in time keeps it', async () => {
    const auth_exp = '2026-01-05T12:00:00.000Z';
    const fresh = aTicket({ sha256: await sha256Hex('fresh'), auth_exp, expires_at: '2026-01-05T10:30:00.000Z' });
    await world.tickets.put(fresh);
    world.clock.advance(3_600_000);

    expect(await say({ action: 'reauth', ticket: 'fresh' })).toMatchObject([{ type: 'pong' }]);
    expect(await say({ action: 'ping' })).toMatchObject([{ type: 'pong' }]);
    world.clock.advance(2 * 3_600_000);
    expect(await say({ action: 'ping' })).toMatchObject([{ type: 'error', data: { code: 'unauthorized' } }]);
    expect(world.connections.closed).toEqual([connection.id]);
  });

  it('shows a ticket of another session keeps what it has', async () => {
    await world.tickets.put(aTicket({ sha256: await sha256Hex('other'), session_id: anId('s', 2) }));

    expect(await say({ action: 'reauth', ticket: 'other' })).toMatchObject([{ data: { code: 'unauthorized' } }]);
    expect((await world.connections.get(connection.id))?.auth_exp).toBe(connection.auth_exp);
  });

  it('went away is forgotten at the first answer', async () => {
    world.connections.drop(connection.id);
    await say({ action: 'ping' });

    expect(await world.connections.get(connection.id)).toBeUndefined();
  });

  it('has no row is closed', async () => {
    await world.connections.remove(connection.id);
    await say({ action: 'ping' });

    expect(world.connections.closed).toEqual([connection.id]);
  });
});
