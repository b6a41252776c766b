import type { Sandboxes } from '#core/ports/sandboxes';
import type { World } from '#core/ports/world';
import { e2bSandboxes } from './e2b-sandboxes.ts';

export interface E2bEnvironment {
  E2B_TEMPLATE: string;
  E2B_DOMAIN: string;
  E2B_API_URL: string;
  E2B_SANDBOX_URL: string;
}

/** The sandbox provider. Only for functions that work in sandboxes: it brings the SDK into their bundle. */
export function e2bWorld(env: E2bEnvironment, apiKey: () => Promise<string>): Pick<World, 'sandboxes'> {
  let made: Sandboxes | undefined;
  return {
    get sandboxes() {
      made ??= e2bSandboxes({
        apiKey,
        template: env.E2B_TEMPLATE,
        domain: env.E2B_DOMAIN,
        apiUrl: env.E2B_API_URL,
        sandboxUrl: env.E2B_SANDBOX_URL,
      });
      return made;
    },
  };
}
