import {
  type ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GoneException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import type { Clock } from '#core/ports/clock';
import type { Connection, Connections } from '#core/ports/live';
import type { DynamoTable } from './dynamo-table.ts';
import { connectionIdKey, connectionKey } from './keys.ts';
import { ownRow } from './own-row.ts';

/** API Gateway closes every socket after two hours, whatever happens. */
const longestSeconds = 7_200;

/**
 * Sockets: one row under their session, to push to all of it, and one under their id, because `$disconnect` brings
 * nothing else. The row by id is written first: a socket that is pushed to can always be removed.
 */
export function dynamoConnections(parts: {
  table: DynamoTable;
  sockets: ApiGatewayManagementApiClient;
  clock: Clock;
}): Connections {
  const { table, sockets, clock } = parts;
  const nowSeconds = () => Math.floor(clock.now() / 1_000);

  async function get(id: string): Promise<Connection | undefined> {
    const item = await table.get(connectionIdKey(id));
    return item && ownRow<Connection>(item);
  }

  return {
    get,
    async put(connection) {
      const item = { ...connection, ttl: nowSeconds() + longestSeconds };
      await table.put({ ...item, ...connectionIdKey(connection.id) });
      await table.put({ ...item, ...connectionKey(connection.tenant, connection.session_id, connection.id) });
    },
    async remove(id) {
      const connection = await get(id);
      if (!connection) return;
      await table.remove(connectionKey(connection.tenant, connection.session_id, id));
      await table.remove(connectionIdKey(id));
    },
    async list(tenant, sessionId) {
      const { pk } = connectionKey(tenant, sessionId, '');
      const items = await table.query({ condition: (e) => `${e.name('pk')} = ${e.value(pk)}` });
      const alive = items.filter(({ ttl }) => Number(ttl) > nowSeconds()).map(ownRow<Connection>);
      return alive.filter(({ auth_exp }) => auth_exp > clock.at());
    },
    async post(ConnectionId, message) {
      const Data = new TextEncoder().encode(JSON.stringify(message));
      return await unlessGone(sockets.send(new PostToConnectionCommand({ ConnectionId, Data })));
    },
    async close(ConnectionId) {
      await unlessGone(sockets.send(new DeleteConnectionCommand({ ConnectionId })));
    },
  };
}

async function unlessGone(call: Promise<unknown>): Promise<'ok' | 'gone'> {
  try {
    await call;
    return 'ok';
  } catch (error) {
    if (error instanceof GoneException) return 'gone';
    throw error;
  }
}
