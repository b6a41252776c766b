import { awsWorld } from '#functions/aws/aws-world';
import { environment } from '#functions/runtime/environment';
import { urlEntry } from '#functions/runtime/url-entry';
import { gatewayWorld } from './gateway-world.ts';
import { serveCompletion } from './serve-completion.ts';

export const handler = urlEntry(
  serveCompletion,
  (note) => {
    const env = environment('gateway');
    return gatewayWorld(env, awsWorld(env, note));
  },
  { budget_exhausted: 402 },
);
