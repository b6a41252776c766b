import { catalogueOf } from '#core/models';
import { artifactPorts } from '#functions/aws/artifact-ports';
import { awsWorld } from '#functions/aws/aws-world';
import { livePorts } from '#functions/aws/live-ports';
import { queuePorts } from '#functions/aws/queue-ports';
import { workflowPorts } from '#functions/aws/workflow-ports';
import { environment } from '#functions/runtime/environment';
import { httpEntry } from '#functions/runtime/http-entry';
import { handlers } from './handlers.ts';

export const handler = httpEntry({ handlers, tenantClaim: (world) => world.tenantClaim }, (note) => {
  const env = environment('api');
  const settings = { catalogue: catalogueOf(env.MODEL_PROVIDERS), version: env.VERSION, tenantClaim: env.TENANT_CLAIM };
  // Assigned, not spread: the world's ports are made when they are first used.
  return Object.assign(awsWorld(env, note, artifactPorts, livePorts, queuePorts, workflowPorts), settings);
});
