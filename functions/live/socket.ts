import { dropConnection } from '#core/use-cases/drop-connection';
import { handleClientMessage } from '#core/use-cases/handle-client-message';
import { awsWorld } from '#functions/aws/aws-world';
import { livePorts } from '#functions/aws/live-ports';
import { environment } from '#functions/runtime/environment';
import { socketEntry } from '#functions/runtime/socket-entry';

export const handler = socketEntry(
  {
    connect: (world, id, grant) => world.connections.put({ id, ...grant }),
    message: handleClientMessage,
    disconnect: dropConnection,
  },
  (note) => awsWorld(environment('socket'), note, livePorts),
);
