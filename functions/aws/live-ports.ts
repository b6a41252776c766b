import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import type { World } from '#core/ports/world';
import type { Ground } from './aws-world.ts';
import { dynamoConnections } from './dynamo-connections.ts';
import { lazily } from './lazily.ts';
import { patience } from './patience.ts';
import { socketLive } from './socket-live.ts';

type LivePorts = Pick<World, 'connections' | 'live'>;

/** Sockets, and what is pushed to them. */
export function livePorts({ world, need, table }: Ground): LivePorts {
  const ports: LivePorts = lazily<LivePorts>({
    connections: () =>
      dynamoConnections({
        table: table(need('CONNECTIONS_TABLE')),
        sockets: socketClient(need('SOCKET_URL')),
        clock: world.clock,
      }),
    live: () => socketLive({ connections: ports.connections, note: world.note }),
  });
  return ports;
}

/** One try: what is pushed is a hint, and the next try would only delay the others. */
function socketClient(endpoint: string): ApiGatewayManagementApiClient {
  return new ApiGatewayManagementApiClient({ endpoint, ...patience(2_000, 1) });
}
