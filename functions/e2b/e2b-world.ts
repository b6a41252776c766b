import type { World } from '#core/ports/world';
import { awsSecrets } from '#functions/aws/aws-secrets';
import { lazily } from '#functions/aws/lazily';
import { e2bKey } from './e2b-key.ts';
import { e2bSandboxes } from './e2b-sandboxes.ts';

export interface E2bEnvironment {
  E2B_SECRET: string;
  E2B_TEMPLATE: string;
  E2B_DOMAIN: string;
  E2B_API_URL: string;
  E2B_SANDBOX_URL: string;
}

/** The sandbox provider. Only for functions that work in sandboxes: it brings the SDK into their bundle. */
export function e2bWorld(env: E2bEnvironment): Pick<World, 'sandboxes'> {
  return lazily({
    sandboxes: () =>
      e2bSandboxes({
        apiKey: e2bKey(awsSecrets(), env.E2B_SECRET),
        template: env.E2B_TEMPLATE,
        domain: env.E2B_DOMAIN,
        apiUrl: env.E2B_API_URL,
        sandboxUrl: env.E2B_SANDBOX_URL,
      }),
  });
}
